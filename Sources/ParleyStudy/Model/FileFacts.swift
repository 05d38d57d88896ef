import ParleyProgram

extension Study.Table {
  /// What the study says in public about holders' files, and what holders make of their cells before they share them, in
  /// words: it is part of what parties accept.
  public var fileFacts: [String] {
    var facts: [String] = []
    // Holders of whom the study says the same stand together.
    var groups: [(holders: [String], differences: [[String]])] = []
    for holder in schema.holders {
      let differences = self.differences(of: holder)
      guard !differences.isEmpty else { continue }
      if let index = groups.firstIndex(where: { $0.differences == differences }) {
        groups[index].holders.append(holder)
      } else {
        groups.append(([holder], differences))
      }
    }
    for (holders, differences) in groups {
      let whose =
        holders.count == 1
        ? "\(holders[0])'s file of \(schema.name)"
        : "the files of \(schema.name) of \(DisclosureStatement.list(holders))"
      facts += differences.map { "everybody sees what this study says of \(whose): \(Self.shown($0))" }
    }
    switch badRows {
    case .refuse: break
    case .null: facts.append("holders share cells of \(schema.name) that cannot be used as NULL\(limitFact)")
    case .drop: facts.append("holders leave out rows of \(schema.name) with cells that cannot be used\(limitFact)")
    }
    for (column, details) in zip(schema.columns, columns) {
      if details.rounds {
        let unit =
          switch column.type {
          case .decimal(let scale, _): "\(scale) decimal\(scale == 1 ? "" : "s")"
          case .timestamp: "whole seconds"
          default: "whole numbers"
          }
        facts.append("holders round \(schema.name).\(column.name) to \(unit) before they share it")
      }
      if let others = details.others {
        facts.append(
          "holders count values of \(schema.name).\(column.name) that are not declared as \(YAMLWord.quoted(others))"
        )
      }
      if case .category(let values) = column.type {
        let renamed = zip(values, details.labels).filter { ExactText($0) != ExactText($1) }.map {
          "\(YAMLWord.quoted($0)) as \(YAMLWord.quoted($1))"
        }
        if !renamed.isEmpty {
          facts.append("values of \(schema.name).\(column.name) are shown by labels: \(Self.shown(renamed))")
        }
      }
    }
    return facts
  }

  /// What a name or a value means changes results, so that all are listed as far as anybody reads; no cut without saying so,
  /// since what is not listed is still part of what is accepted.
  private static func shown(_ words: [String]) -> String {
    let most = 200
    guard words.count > most else { return words.joined(separator: ", ") }
    return words.prefix(most).joined(separator: ", ")
      + ", and \(words.count - most) more in the study file, which the accepted hash covers too"
  }

  private var limitFact: String {
    guard let badRowsLimit else { return "" }
    switch badRowsLimit {
    case .rows: return ", at most \(badRowsLimit) rows of each holder"
    case .share: return ", at most \(badRowsLimit) of each holder's rows"
    }
  }

  private func differences(of holder: String) -> [[String]] {
    let dialect = dialect(of: holder), usual = CSVDialect()
    var lists: [[String]] = []
    var words: [String] = []
    if !dialect.hasHeader { words.append("it has no line of headers, and columns are named by their numbers") }
    for (index, column) in schema.columns.enumerated() {
      let header = header(of: index, holder: holder)
      if ExactText(header) != ExactText(column.name) {
        words.append("\(column.name) is called \(YAMLWord.quoted(header))")
      }
    }
    lists.append(words)
    for (column, spellings) in dialect.values.sorted(by: { $0.key < $1.key }) {
      words = spellings.sorted { $0.key.value.utf8.lexicographicallyPrecedes($1.key.value.utf8) }.map {
        "\(YAMLWord.quoted($0.key.value)) in \(column) means \(YAMLWord.quoted($0.value))"
      }
      lists.append(words)
    }
    words = []
    func spelt(_ texts: [String], _ ordinary: [String], _ meaning: String) {
      guard texts != ordinary else { return }
      words.append("\(meaning) is written \(texts.map { YAMLWord.quoted($0) }.joined(separator: " or "))")
    }
    spelt(dialect.nulls, usual.nulls, "NULL")
    spelt(dialect.trues, usual.trues, "true")
    spelt(dialect.falses, usual.falses, "false")
    if dialect.decimalMark != usual.decimalMark {
      words.append("the decimal mark is \(YAMLWord.quoted(dialect.decimalMark.rawValue))")
    }
    if let mark = dialect.thousandsMark {
      words.append("thousands are separated by \(YAMLWord.quoted(mark.rawValue))")
    }
    if dialect.dateFormat != usual.dateFormat { words.append("dates are written \(dialect.dateFormat)") }
    if let zone = dialect.zone { words.append("times without a zone are of \(zone)") }
    lists.append(words)
    return lists.filter { !$0.isEmpty }
  }
}
