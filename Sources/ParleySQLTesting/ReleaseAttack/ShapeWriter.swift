import BigInt
import ParleyBase
import ParleyClear
import ParleyProgram
internal import ParleyTesting

/// An attack by name that goes by the form of its queries: data in which nearly all units are alike, and numbers that differ by the
/// others.
struct AttackShape: Sendable {
  var name: String
  var write: @Sendable (inout ShapeWriter) -> Void

  /// Those that once told too much.
  static let all = units + values
}

/// Writes the tables, the queries and what is computed from their numbers.
struct ShapeWriter {
  /// What a statistic is, and how it is told apart.
  typealias Item = (text: String, column: OpenedColumn)

  var random: InsecureRandom
  let minimum: Int
  /// Those that are not like the others: too few, in most studies.
  let few: Int
  /// Those that are.
  let usual: Int
  var tables: [TableSchema] = []
  var data: [String: [TableData]] = [:]
  var questions: [ReleaseAttack.Question] = []
  var combinations: [OpenedCombination] = []
  var bands: [OpenedBands] = []
  /// The greatest `dose` of the table whose rows are the units.
  var greatest: Int64 = 999

  init(random: InsecureRandom) {
    self.random = random
    minimum = Int.random(in: 2...5, using: &self.random)
    few =
      self.random.chance(80) ? Int.random(in: 1..<minimum, using: &self.random) : self.random.pick([0, minimum])
    usual = Int.random(in: minimum + 3...14, using: &self.random)
  }

  /// A table whose columns are never missing.
  mutating func add(
    _ name: String, _ columns: [(name: String, type: ColumnType)], _ protection: TableSchema.Protection,
    unique: [[String]] = [], _ rows: [[Int64]]
  ) {
    let holders = random.pick([["h1"], ["h1", "h2"]])
    tables.append(
      TableSchema(
        name: name, columns: columns.map { ColumnSchema(name: $0.name, type: $0.type, isNullable: false) },
        holders: holders, maximumRows: max(10, 2 * rows.count), uniqueKeys: unique, protection: protection,
        allowsExtremes: random.chance(50)))
    let shuffled = rows.shuffled(using: &random)
    let cut = holders.count == 1 ? rows.count : rows.count / 2
    data[name] = [Array(shuffled[..<cut]), Array(shuffled[cut...])].prefix(holders.count).map { part in
      TableData(
        rowCount: part.count,
        columns: columns.indices.map { index in .init(values: part.map { $0[index] }, isNull: []) })
    }
  }

  /// A question; the key, where there is one, is its first column.
  ///
  /// - Returns: its place.
  @discardableResult mutating func ask(
    _ items: [Item], from: String, filter: String = "", key: String? = nil, secrets: [String] = []
  ) -> Int {
    let selected = (key.map { ["\($0) AS key"] } ?? []) + items.enumerated().map { "\($1.text) AS s\($0)" }
    var question = ReleaseAttack.Question(
      text: "SELECT \(selected.joined(separator: ", ")) FROM \(from)"
        + (filter.isEmpty ? "" : " WHERE \(filter)") + (key.map { " GROUP BY \($0)" } ?? ""),
      columns: (key == nil ? [] : [.key])
        + items.map { item in
          if key != nil, case .mean(let count?) = item.column { return .mean(count: count + 1) }
          return item.column
        })
    question.secrets = secrets
    questions.append(question)
    return questions.count - 1
  }

  /// What a table is read from: as it is, or as a query that reads it.
  mutating func source(_ table: String) -> String {
    random.chance(75) ? table : "(SELECT * FROM \(table)) AS \(table)"
  }

  /// A number that is computed from others.
  mutating func combine(_ name: String, _ terms: [OpenedCombination.Term], ofRows: Bool) {
    combinations.append(OpenedCombination(name: name, terms: terms, isOfRows: ofRows))
  }
}
