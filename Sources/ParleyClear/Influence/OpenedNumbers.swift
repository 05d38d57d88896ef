package import BigInt
package import ParleyProgram

/// What a kind of column rests on, which decides how the influence of single units on it is judged.
package enum OpenedColumn: Hashable, Sendable {
  /// Tells the rows of the result apart: a group key.
  case key
  /// A count or sum: every unit adds a part of its own, and the sum of the parts is the number. Numbers of one tag are
  /// compared with each other.
  case linear(tag: String)
  /// A mean in units of 10^-6; the number of values is the column of the same row, if it has one.
  case mean(count: Int?)
  /// A number that each of its values moves: VARIANCE, STDDEV, CORR.
  case smooth
  /// MIN and MAX: the value of a record.
  case record
  /// A quantile: how many units its values must be of, as a multiple of the minimum.
  case quantile(times: Int)
  /// COUNT(DISTINCT x): rests on few units by nature.
  case distinct
  /// Anything else that is computed from statistics: a rounded number, a comparison, a share, a rank.
  case processed

  /// From the formula of a column, as the disclosure statement has it.
  package static func of(formula: String, public isPublic: Bool) -> OpenedColumn {
    // What stands in quotes says nothing.
    let pieces = formula.split(separator: "'", omittingEmptySubsequences: false)
    let unquoted = pieces.indices.filter { $0 % 2 == 0 }.map { pieces[$0] }.joined(separator: "''")
    let text = unquoted.uppercased().filter { $0 != " " && $0 != "\n" }
    func isCall(_ names: String...) -> Bool {
      guard let name = names.first(where: { text.hasPrefix($0 + "(") }) else { return false }
      var depth = 0
      for (position, character) in text.dropFirst(name.count).enumerated() {
        if character == "(" { depth += 1 }
        if character == ")" { depth -= 1 }
        // The call is all of it, but for a filter.
        if depth == 0 {
          let rest = text.dropFirst(name.count + position + 1)
          return rest.isEmpty || rest.hasPrefix("FILTER(")
        }
      }
      return false
    }
    let statistics = [
      "COUNT(", "SUM(", "AVG(", "VAR", "STDDEV", "CORR(", "MEDIAN(", "QUANTILE(", "MIN(", "MAX(", "BOOL_",
    ]
    guard isPublic || statistics.contains(where: text.contains) else { return .key }
    if text.contains("(DISTINCT") { return .distinct }
    if isCall("COUNT") { return .linear(tag: "COUNT") }
    if isCall("SUM") { return .linear(tag: text) }
    if isCall("AVG") { return .mean(count: nil) }
    if isCall("VARIANCE", "VAR_SAMP", "STDDEV", "STDDEV_SAMP", "CORR") { return .smooth }
    if isCall("MIN", "MAX") { return .record }
    if isCall("MEDIAN") { return .quantile(times: 2) }
    return .processed
  }
}

/// The numbers that a recipient has in hand after a run, by where they stand; withheld cells, absent groups and padding left
/// out.
package struct OpenedNumbers: Sendable {
  /// Where a number stands.
  package struct Place: Hashable, Sendable {
    /// By place among the program's results.
    package var result: Int
    /// The labels or values of the row's keys.
    package var row: [String]
    /// Rows that have the same keys.
    package var copy: Int
    /// By place among the result's opened columns.
    package var column: Int
  }
  /// Where a row stands.
  package struct RowID: Hashable, Sendable {
    /// By place among the program's results.
    package var result: Int
    /// The labels or values of the row's keys.
    package var row: [String]
    /// Rows before it that have the same keys.
    package var copy: Int
  }

  /// Numbers that are there and not NULL.
  package private(set) var values: [Place: BigInt] = [:]
  /// Rows that are shown.
  package private(set) var rows: [RowID] = []
  /// Rows without their copies: all keys that are there.
  package private(set) var keys: Set<RowID> = []
  /// Cells that are not shown and were opened as something else than 0: raw openings that a decoded table hides.
  package private(set) var opened: [String] = []

  /// - Parameters:
  ///   - columns: by result, as the program's results have them, or as those have them whose places `places` gives.
  ///   - places: where each opened column stands in another program of the same queries; nil for one that the other does not open. A query
  ///     that is computed in another way without a minimum has its columns elsewhere.
  package init(
    _ program: Program, _ disclosed: [Program.DisclosureID: [BigInt]], columns: [[OpenedColumn]],
    places: [[Int?]]? = nil
  ) {
    for (number, result) in program.results.enumerated() {
      let known = result.columns.enumerated().compactMap { index, column in
        (places.map { $0[number][index] } ?? index).map { (place: $0, column: column) }
      }.sorted { $0.place < $1.place }
      let count =
        result.groupCount ?? (result.isAbsent ?? result.columns.first?.value).flatMap { disclosed[$0]?.count } ?? 0
      // An outcome of the whole result holds for each of its rows.
      func bit(_ id: Program.DisclosureID?, _ row: Int) -> Bool {
        id.flatMap { disclosed[$0] }.map { $0[$0.count == 1 ? 0 : row] } ?? 0 != 0
      }
      var found: [(key: [String], numbers: [(column: Int, value: BigInt)])] = []
      for row in 0..<count {
        if bit(result.isAbsent, row) || bit(result.isWithheld, row) || bit(result.isNotEstimable, row) {
          for column in result.columns {
            let cells = ([column.value] + column.furtherParts + [column.isNull].compactMap { $0 }).map {
              disclosed[$0]?[row] ?? 0
            }
            if cells.contains(where: { $0 != 0 }) { opened.append("\(result.name).\(column.name), row \(row)") }
          }
          continue
        }
        var key = result.keys.map { $0.labels[row] ?? "NULL" }
        var numbers: [(column: Int, value: BigInt)] = []
        for (index, column) in known {
          let isNull = bit(column.isNull, row)
          let parts = ([column.value] + column.furtherParts).map { disclosed[$0]?[row] ?? 0 }
          if columns[number][index] == .key {
            // As it would be shown, so that results of both ways to compute a query have the same.
            key.append(isNull ? "NULL" : Self.text(column.format.cell(of: parts)))
          } else if !isNull {
            numbers.append((index, column.format.comparable(parts)))
          }
        }
        found.append((key, numbers))
      }
      var copies: [[String]: Int] = [:]
      // Rows with the same keys in the order of their numbers, so that the order of rows means nothing.
      let sorted = found.sorted { x, y in
        x.key != y.key
          ? x.key.lexicographicallyPrecedes(y.key)
          : x.numbers.map(\.value).lexicographicallyPrecedes(y.numbers.map(\.value))
      }
      for row in sorted {
        let copy = copies[row.key, default: 0]
        copies[row.key] = copy + 1
        rows.append(RowID(result: number, row: row.key, copy: copy))
        keys.insert(RowID(result: number, row: row.key, copy: 0))
        for (column, value) in row.numbers {
          values[Place(result: number, row: row.key, copy: copy, column: column)] = value
        }
      }
    }
  }

  private static func text(_ cell: DecodedTable.Cell) -> String {
    if case .value(let text) = cell { text } else { "\(cell)" }
  }

  /// Names of the keys of a result, in the order of ``Place/row``.
  package static func keyNames(_ result: Program.ResultTable, _ columns: [OpenedColumn]) -> [String] {
    result.keys.map(\.name) + result.columns.indices.filter { columns[$0] == .key }.map { result.columns[$0].name }
  }

  /// Which kind of column each of a program's results has, from its disclosures.
  package static func columns(of program: Program) -> [[OpenedColumn]] {
    program.results.map { result in
      result.columns.map { column in
        let words = program[column.value].explanation
        // "name: the value of 'formula' of each group", "name: 'formula', the number of rows"
        let parts = words.split(separator: "'", omittingEmptySubsequences: false)
        let formula = parts.count > 2 ? parts[1..<(parts.count - 1)].joined(separator: "'") : ""
        return OpenedColumn.of(formula: formula, public: result.groupCount != nil)
      }
    }
  }
}
