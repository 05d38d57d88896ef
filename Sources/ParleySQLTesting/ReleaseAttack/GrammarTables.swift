internal import ParleyBase
import ParleyProgram
internal import ParleyTesting

/// The tables of a random attack in the whole dialect, with columns of all types.
///
/// `pat`, whose rows are the units, and `old`, another table of the same shape; `vis`, in which a person has one to four rows; `per`, in
/// which every person has one; `pri`, a price list; `own`, which the attacker wrote, with a row for everybody, and `rep`, in which
/// everybody but the target has two.
struct GrammarTables {
  /// A table that is being written.
  private typealias Columns = [(name: String, type: ColumnType, isNullable: Bool)]
  /// A cell, by what is stored: a text, or a number; nil is NULL.
  private enum Cell {
    case number(Int64)
    case text(String)
    case null
  }

  private(set) var schemas: [TableSchema] = []
  private(set) var data: [String: [TableData]] = [:]
  /// What the attacker knows of the record that it is after, by table and column, as it is written in a query.
  private(set) var aims: [String: [String: String]] = [:]

  static let days: ClosedRange<Int64> = 19_723...19_812
  static let times: ClosedRange<Int64> = 19_723 * 86_400...19_726 * 86_400
  private static let texts = ["a", "Ab", "ab ", " b", "c-1", "abc", ""]

  init(_ random: inout InsecureRandom) {
    let extremes = random.chance(15)
    let ids = Array(1...60).shuffled(using: &random).map { Int64($0) }
    let size = Int.random(in: 8...18, using: &random)
    let columns: Columns = [
      ("id", .integer(1...60), false), ("g", .category(["a", "b", "c"]), false),
      ("d", .category(["flu", "cold", "rare"]), random.chance(20)), ("x", .integer(0...50), false),
      ("y", .integer(-5...20), true), ("s", .integer(0...4), false), ("b", .boolean, random.chance(30)),
      ("c", .decimal(scale: 1, 0...400), random.chance(30)), ("t", .date(Self.days), false),
      ("u", .date(Self.days), random.chance(30)), ("z", .timestamp(Self.times), random.chance(30)),
      ("n", .text(bytes: 14), random.chance(30)),
    ]
    func rows(_ ids: some Sequence<Int64>, _ random: inout InsecureRandom) -> [[Cell]] {
      ids.map { id in
        columns.enumerated().map { $0 == 0 ? .number(id) : Self.cell($1.type, $1.isNullable, &random) }
      }
    }
    let patients = rows(ids.prefix(size), &random)
    let isOne = random.chance(20)
    add(
      "pat", isOne ? .units(name: "patient", column: "id") : .rows, columns, unique: [["id"]], holders: 2,
      patients, extremes)
    add("old", .rows, columns, unique: [["id"]], holders: 1, rows(ids.suffix(10), &random), extremes)

    let persons = ids.shuffled(using: &random).prefix(Int.random(in: 6...10, using: &random))
    let visits: Columns = [
      ("pid", .integer(1...60), false), ("kind", .category(["lab", "ward"]), false),
      ("cost", .integer(0...60), random.chance(20)), ("day", .integer(0...6), false),
      ("pay", .decimal(scale: 2, 0...9999), random.chance(30)), ("came", .date(Self.days), false),
      ("seen", .timestamp(Self.times), false), ("note", .text(bytes: 14), random.chance(30)),
    ]
    var v: [[Cell]] = []
    for person in persons {
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        v.append(
          visits.enumerated().map { $0 == 0 ? .number(person) : Self.cell($1.type, $1.isNullable, &random) })
      }
    }
    v.shuffle(using: &random)
    add("vis", .units(name: "person", column: "pid"), visits, unique: [], holders: 2, v, extremes)

    let about: Columns = [
      ("pid", .integer(1...60), false), ("sex", .category(["f", "m"]), random.chance(20)),
      ("age", .integer(0...90), false), ("size", .decimal(scale: 2, 30...210), random.chance(30)),
      ("born", .date(Self.days), false), ("name", .text(bytes: 14), false),
    ]
    let others = ids.filter { !persons.contains($0) }
    let listed = Array(persons.dropFirst(random.pick([0, 0, 1]))) + others.prefix(random.pick([0, 1, 3]))
    let m: [[Cell]] = listed.map { person in
      about.enumerated().map { $0 == 0 ? .number(person) : Self.cell($1.type, $1.isNullable, &random) }
    }
    add("per", .units(name: "person", column: "pid"), about, unique: [["pid"]], holders: 2, m, extremes)

    let prices: Columns = [
      ("kind", .category(["lab", "ward"]), false), ("price", .integer(1...9), false),
      ("since", .date(Self.days), false),
    ]
    add(
      "pri", .nothing, prices, unique: [["kind"]], holders: 1,
      [0, 1].map { kind in
        [.number(kind)] + prices.dropFirst().map { Self.cell($0.type, false, &random) }
      }, false)

    let target = random.pick(patients), person = random.pick(v)
    guard case .number(let id) = target[0], case .number(let pid) = person[0] else { return }
    let left = random.chance(50) ? id : pid
    let isTrusting = random.chance(70)
    let written: Columns = [
      ("id", .integer(1...60), false), ("w", .integer(0...2_000_000), false), ("mark", .boolean, false),
    ]
    add(
      "own", isTrusting ? .nothing : .rows, written, unique: [["id"]], holders: 1,
      (1...60).map { [.number($0), .number($0 * $0 * 31 % 977), .number($0 == left ? 1 : 0)] }, false)
    add(
      "rep", isTrusting ? .nothing : .rows, Array(written.prefix(2)) + [("k", .integer(1...2), false)],
      unique: [], holders: 1,
      (1...60).flatMap { (row: Int64) in
        (row == left ? [1] : [1, 2]).map { [.number(row), .number(row % 20), .number($0)] }
      }, false)
    aims["pat"] = Self.words(target, columns)
    aims["old"] = aims["pat"]
    aims["vis"] = Self.words(person, visits)
    aims["per"] = Self.words(random.pick(m), about)
    aims["own"] = ["id": "\(left)"]
    aims["rep"] = ["id": "\(left)"]
  }

  private static func cell(_ type: ColumnType, _ isNullable: Bool, _ random: inout InsecureRandom) -> Cell {
    if isNullable, random.chance(20) { return .null }
    if case .text = type { return .text(random.pick(texts)) }
    let range = type.range
    if case .integer = type, random.chance(12) { return .number(max(0, range.lowerBound)) }
    return .number(Int64.random(in: range, using: &random))
  }

  /// A record in the words of a query.
  private static func words(_ row: [Cell], _ columns: Columns) -> [String: String] {
    var words: [String: String] = [:]
    for (cell, column) in zip(row, columns) {
      switch (cell, column.type) {
      case (.null, _): words[column.name] = "NULL"
      case (.text(let text), _): words[column.name] = "'\(text)'"
      case (.number(let value), .boolean): words[column.name] = value == 1 ? "TRUE" : "FALSE"
      case (.number(let value), .category(let labels)): words[column.name] = "'\(labels[Int(value)])'"
      case (.number(let value), .date):
        words[column.name] = "DATE '\(CivilDate(daysSince1970: Int(value)))'"
      case (.number(let value), .timestamp):
        words[column.name] = "TIMESTAMP '\(CivilTime(secondsSince1970: Int(value)))'"
      case (.number(let value), .decimal(let scale, _)):
        words[column.name] = SQLDifferential.Fixed(value, scale: scale).text
      case (.number(let value), _): words[column.name] = "\(value)"
      }
    }
    return words
  }

  private mutating func add(
    _ name: String, _ protection: TableSchema.Protection, _ columns: Columns, unique: [[String]], holders: Int,
    _ rows: [[Cell]], _ extremes: Bool
  ) {
    schemas.append(
      TableSchema(
        name: name, columns: columns.map { ColumnSchema(name: $0.name, type: $0.type, isNullable: $0.isNullable) },
        holders: (0..<holders).map { "h\($0)" }, maximumRows: max(rows.count, 12) * holders, uniqueKeys: unique,
        protection: protection, allowsExtremes: extremes))
    let cut = holders == 1 ? rows.count : rows.count / 2
    data[name] = [Array(rows[..<cut]), Array(rows[cut...])].prefix(holders).map { part in
      TableData(
        rowCount: part.count,
        columns: columns.indices.map { index in
          let isNull: [Bool] =
            columns[index].isNullable ? part.map { if case .null = $0[index] { true } else { false } } : []
          if case .text = columns[index].type {
            let texts = part.map { row in if case .text(let text) = row[index] { text } else { "" } }
            return .init(values: [], isNull: isNull, texts: texts)
          }
          let values = part.map { row in if case .number(let value) = row[index] { value } else { Int64(0) } }
          return .init(values: values, isNull: isNull)
        })
    }
  }
}
