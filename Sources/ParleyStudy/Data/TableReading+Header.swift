import ParleyBase
import ParleyProgram

/// What is said of a first line that does not name the columns.
extension TableReading {
  var headerLine: String {
    headers.joined(separator: String(dialect.delimiter.rawValue))
  }

  /// A header in which another delimiter stands than is declared, said once and not for every column.
  func otherDelimiter(_ names: [String]) -> ParleyError? {
    guard names.count == 1, !headers.contains(names[0]),
      let other = CSVDialect.Delimiter.allCases.first(where: {
        $0 != dialect.delimiter && names[0].contains($0.rawValue)
      })
    else { return nil }
    let word = other == .tab ? "tab" : "\"\(other.rawValue)\""
    // Only where the other one finds half of the columns: what few fit is another file.
    let fields = Set(names[0].split(separator: other.rawValue).map { String($0).trimmingSpaces })
    let isSeparated = headers.count { fields.contains($0) } * 2 >= headers.count
    let some = headers.prefix(5).map { "'\($0)'" }.joined(separator: ", ")
    return ParleyError(
      .dataMissingColumn,
      headers.count == 1
        ? "the file has no column \(some)"
        : "the file has none of the \(headers.count) columns (\(some)\(headers.count > 5 ? ", …" : ""))",
      at: .init(file: file, line: 1),
      remedy: isSeparated
        ? "the fields seem to be separated by '\(other.word)': write 'csv-by-holder: {\(holder): {delimiter: \(word)}}' in the study"
        : "check that this is the file of \(holder): it has other columns, or other names for them, and its fields seem to be separated by '\(other.word)'"
    )
  }

  /// A first line that names none of the columns, said once: most likely it is a row already.
  func noHeader(_ names: [String], _ records: CSVRecords) -> ParleyError? {
    guard !headers.contains(where: names.contains), names.count >= headers.count else { return nil }
    var fit = 0, measures = 0
    for column in columns.indices {
      let outcome = records.withField(column) { parsers[column].parse($0) }
      switch (outcome, columns[column].type) {
      case (.bad, _): break
      case (.value, .integer), (.value, .decimal), (.value, .boolean), (.value, .date), (.value, .timestamp):
        measures += 1
        fit += 1
      default: fit += 1
      }
    }
    let isRow = fit == columns.count && measures > 0
    let isClose = headers.contains { Suggestion.nearest(to: $0, among: names) != nil }
    guard isRow || headers.count > 1 && !isClose else { return nil }
    let some = headers.prefix(5).map { "'\($0)'" }.joined(separator: ", ")
    let maps = columns.prefix(5).map { "\($0.name): NAME" }.joined(separator: ", ")
    let more = columns.count > 5 ? ", …" : ""
    let without = "'csv-by-holder: {\(holder): {header: false}}' in the study"
    let hasNumbers = names.contains { $0.first?.isNumber == true }
    return ParleyError(
      .dataMissingColumn,
      headers.count == 1
        ? "the first line does not name the column \(some)"
        : "the first line names none of the \(headers.count) columns (\(some)\(more))",
      at: .init(file: file, line: 1),
      remedy: isRow
        ? "it seems to be a row already: write \(without) if its fields stand in the order of the columns there, or put a line before it: \(headerLine)"
        : "check that this is the file of \(holder); its first line must hold the column names: \(headerLine); if \(holder) calls them otherwise, write 'csv-by-holder: {\(holder): {columns: {\(maps)\(more)}}}' in the study"
          + (hasNumbers ? "; if it is a row already, \(without)" : ""))
  }

  /// What the file calls a column in other letters or with other marks between them (`AGE` or `Age.` for `age`); nil where
  /// none or several may be it.
  private func alike(_ header: String, _ names: [String]) -> String? {
    let folded = LabelMatch.folded(header)
    guard !folded.isEmpty else { return nil }
    let taken = Set(headers.map { ExactText($0) })
    let same = names.filter { !taken.contains(ExactText($0)) && LabelMatch.folded($0) == folded }
    return same.count == 1 ? same[0] : nil
  }

  /// A file with all columns of which some are only written in other letters, said once with what to write.
  func inOtherLetters(_ names: [String]) -> ParleyError? {
    let lacking = headers.indices.filter { !names.contains(headers[$0]) }
    let pairs = lacking.compactMap { column in alike(headers[column], names).map { (column, $0) } }
    guard lacking.count > 1, pairs.count == lacking.count else { return nil }
    let some = pairs.prefix(5).map { "'\(VisibleText.line($0.1))' for '\(headers[$0.0])'" }.joined(separator: ", ")
    let maps = pairs.map { "\(YAMLWord.plain(columns[$0.0].name)): \(YAMLWord.plain($0.1))" }
    return ParleyError(
      .dataMissingColumn,
      "the file writes the names of \(pairs.count) of the \(columns.count) columns otherwise: \(some)\(pairs.count > 5 ? ", …" : "")",
      at: .init(file: file, line: 1),
      remedy:
        "rename them in the file, or write 'csv-by-holder: {\(holder): {columns: {\(maps.joined(separator: ", "))}}}' in the study"
    )
  }

  /// A file that lacks most columns, said once.
  func otherFile(_ lacking: [Int], _ names: [String]) -> ParleyError {
    let some = lacking.prefix(5).map { "'\(headers[$0])'" }.joined(separator: ", ")
    let maps = lacking.prefix(5).map {
      "\(YAMLWord.plain(columns[$0].name)): \(alike(headers[$0], names).map(YAMLWord.plain) ?? "NAME")"
    }.joined(separator: ", ")
    let more = lacking.count > 5 ? ", …" : ""
    return ParleyError(
      .dataMissingColumn, "the file lacks \(lacking.count) of the \(columns.count) columns: \(some)\(more)",
      at: .init(file: file, line: 1),
      remedy:
        "check that this is the file of \(holder); if \(holder) calls them otherwise, write 'csv-by-holder: {\(holder): {columns: {\(maps)\(more)}}}' in the study"
    )
  }

  func missing(_ column: Int, _ names: [String]) -> ParleyError {
    let header = headers[column]
    let name = columns[column].name
    let taken = Set(headers.map { ExactText($0) })
    let free = names.lazy.filter { !taken.contains(ExactText($0)) }
    // What all holders share stays as it is: only this one's file has another name.
    let remedy = (alike(header, names) ?? Suggestion.nearest(to: header, among: free)).map {
      "did you mean '\(VisibleText.line($0))'\($0 == header ? ", which looks the same and is other characters" : "")? Rename it in the file, or write 'csv-by-holder: {\(holder): {columns: {\(name): \(YAMLWord.plain($0))}}}' in the study"
    }
    return ParleyError(
      .dataMissingColumn, "the file has no column '\(header)'", at: .init(file: file, line: 1),
      remedy: remedy
        ?? "the first line must hold the column names: \(headerLine); if \(holder) calls it otherwise, write 'csv-by-holder: {\(holder): {columns: {\(name): NAME}}}' in the study"
    )
  }
}
