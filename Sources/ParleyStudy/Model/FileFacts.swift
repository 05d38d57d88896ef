import ParleyProgram

extension Study.Table {
  /// What the study says in public about holders' files, and what holders make of their cells before they share them, in
  /// words: it is part of what parties accept.
  public var fileFacts: [String] {
    var facts: [String] = []
    for holder in schema.holders {
      let differences = self.differences(of: holder)
      guard !differences.isEmpty else { continue }
      let shown = differences.prefix(8).joined(separator: ", ")
      let more = differences.count > 8 ? ", and \(differences.count - 8) more in the study file" : ""
      facts.append("everybody sees what this study says of \(holder)'s file of \(schema.name): \(shown)\(more)")
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
    }
    return facts
  }

  private func differences(of holder: String) -> [String] {
    let dialect = dialect(of: holder)
    var words = dialect.columns.sorted { $0.key < $1.key }.map {
      "\($0.key) is called \(YAMLWord.quoted($0.value))"
    }
    for (column, spellings) in dialect.values.sorted(by: { $0.key < $1.key }) {
      words += spellings.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map {
        "\(YAMLWord.quoted($0.key)) in \(column) means \(YAMLWord.quoted($0.value))"
      }
    }
    if let zone = dialect.zone { words.append("times without a zone are of \(zone)") }
    return words
  }
}
