/// Statistics with as many decimals as every mean has, of which a query computes others.
package enum NestedAverages {
  private static let names: Set<String> = [
    "AVG", "STDDEV", "STDDEV_SAMP", "STDDEV_POP", "VARIANCE", "VAR_SAMP", "VAR_POP",
  ]

  /// The query with fewer decimals of those in its subqueries and common tables; nil where there are none.
  package static func cut(_ query: SQLQuery, places: Int) -> String? {
    let source = Source(query)
    guard let statement = try? Parser.parse(source) else { return nil }
    var ranges: [SourceRange] = []
    SyntaxWalk.visit(statement) { part, depth in
      guard depth > 0, case .expression(let expression) = part, case .call(let name, _?) = expression.kind,
        names.contains(name.text.uppercased())
      else { return }
      ranges.append(expression.range)
    }
    guard !ranges.isEmpty else { return nil }
    var bytes = source.bytes
    for range in ranges.sorted(by: { $0.start > $1.start }) {
      bytes.insert(contentsOf: Array(" AS DECIMAL(18, \(places)))".utf8), at: range.end)
      bytes.insert(contentsOf: Array("CAST(".utf8), at: range.start)
    }
    return String(decoding: QueryText.withoutComments(bytes[...]), as: UTF8.self)
      .split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}
