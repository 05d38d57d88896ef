package import BigInt
internal import ParleyAnalysis
package import ParleyBase
package import ParleyEngine
public import ParleyProgram
internal import ParleyRuntime

/// The opened results of a study, as tables.
public struct StudyResult: Hashable, Sendable {
  /// One for each query of the study, in its order. Columns that a recipient derives from opened ones stand behind all others.
  public var tables: [DecodedTable]

  /// The result, from what the engine opened.
  package init(_ prepared: PreparedStudy, opened: [Int: ClearValues]) throws(ParleyError) {
    tables = try Self.tables(of: prepared.program, opened: opened)
  }

  /// Results of a program, from what the engine opened.
  static func tables(
    of program: Program, opened: [Int: ClearValues]
  ) throws(ParleyError) -> [DecodedTable] {
    var integers: [Program.DisclosureID: [BigInt]] = [:]
    for (index, values) in opened {
      let id = Program.DisclosureID(rawValue: index)
      integers[id] = Self.integers(values, of: program[program[id].node].type)
    }
    return DerivedColumns.completed(try DecodedTable.decode(program, opened: integers), program.results)
  }

  /// From what a recipient kept beside its receipt.
  ///
  /// - Parameter outputs: as ``ReceiptOpening/outputs(checkedAgainst:)`` returns them.
  package init(_ prepared: PreparedStudy, outputs: [UInt8]) throws(ParleyError) {
    func other() -> ParleyError {
      ParleyError(
        .init("data/receipt"), "the opening is of another program than this study's",
        remedy: "give the study that was run, and the version of parley that ran it")
    }
    let opened: [Int: ClearValues]
    do { opened = try SessionRoles<[Int: ClearValues]>.decodeValues(outputs) } catch { throw other() }
    // Everything that the program opens and nothing else, in the sizes that it opens: whoever made the file may have
    // committed to anything.
    let program = prepared.program
    guard Set(opened.keys) == Set(program.disclosures.indices) else { throw other() }
    for (index, values) in opened {
      guard case .fixed(let size) = program[program.disclosures[index].node].type.shape else { continue }
      guard Self.count(values) == size else { throw other() }
    }
    for result in program.results where result.groupCount == nil {
      var ids: [Program.DisclosureID?] = [result.isAbsent, result.isWithheld]
      for column in result.columns { ids += [column.value, column.isNull] + column.furtherParts }
      let sizes = Set(ids.compactMap { id in id.flatMap { opened[$0.rawValue].map(Self.count) } })
      guard sizes.count <= 1 else { throw other() }
    }
    try self.init(prepared, opened: opened)
  }

  private static func count(_ values: ClearValues) -> Int {
    switch values {
    case .words(let words): words.count
    case .planes(_, let count): count
    }
  }

  /// Opened planes are two's complement when the range reaches below 0, unsigned otherwise; words are signed.
  package static func integers(_ values: ClearValues, of type: Program.ValueType) -> [BigInt] {
    switch values {
    case .words(let words): return words.map { BigInt(Int64(bitPattern: $0)) }
    case .planes(let planes, let count):
      let isSigned = !type.isBit && type.range.lower < 0
      return (0..<count).map { row in
        var value = BigInt(0)
        for (i, plane) in planes.enumerated() where plane[row / 64] >> UInt64(row % 64) & 1 == 1 {
          let weight = BigInt(1) << i
          value += isSigned && i == planes.count - 1 ? -weight : weight
        }
        return value
      }
    }
  }
}

extension DecodedTable.Cell {
  /// The words of cells that are no values.
  static let words: Set<String> = ["NULL", "withheld", "absent", "not estimable"]

  /// The exact value, or what stands for it.
  public var text: String {
    if case .value(let text) = self { text } else { outcome ?? "" }
  }

  /// For people: control characters and what cannot be seen are escaped, runs of blanks are their number
  /// (`VisibleText.compact`), and a text that reads like a cell without a value is in quotes.
  public var shown: String {
    guard case .value(let text) = self else { return text }
    return Self.words.contains(text) || text.hasPrefix("malformed(") ? "\"\(text)\"" : VisibleText.compact(text)
  }

  /// One field of a CSV file. A text that reads like a cell without a value is in quotes, which those never are.
  var field: String {
    guard case .value(let text) = self else { return text }
    return Self.words.contains(text) || text.hasPrefix("malformed(")
      ? DecodedTable.quoted(text) : DecodedTable.field(text)
  }
}

extension DecodedTable {
  /// The table in fixed columns, for people; see ``Cell/shown``.
  public var text: String {
    var cells = [columns.map { VisibleText.compact($0) }]
    cells += rows.map { $0.map(\.shown) }
    let widths = columns.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    var lines = cells.map { row in
      zip(row, widths).map { text, width in
        let padding = String(repeating: " ", count: width - text.count)
        // Numbers to the right, words to the left.
        let isNumber = text.first.map { $0.isNumber || $0 == "-" } ?? false
        return isNumber && Double(text) != nil ? padding + text : text + padding
      }.joined(separator: "  ")
    }
    lines.insert(widths.map { String(repeating: "-", count: $0) }.joined(separator: "  "), at: 1)
    return lines.joined(separator: "\n")
  }

  /// RFC 4180 with the exact values. NULL, withheld, absent and not estimable are spelt out without quotes; a text of that spelling has
  /// quotes.
  public var csv: String {
    ([columns.map(Self.field)] + rows.map { $0.map(\.field) }).map { $0.joined(separator: ",") + "\r\n" }.joined()
  }

  /// In quotes where a reader could take a part of the text for something else: separators, quotes, line ends of any
  /// kind, blanks at the ends, and the mark of a result's name.
  static func field(_ text: String) -> String {
    let isSpecial: (Unicode.Scalar) -> Bool = { scalar in
      switch scalar {
      case ",", ";", "\"", "\n", "\r", "\t", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}": true
      default: false
      }
    }
    let scalars = text.unicodeScalars
    let hasBlankEnd =
      scalars.first?.properties.isWhitespace == true || scalars.last?.properties.isWhitespace == true
    return hasBlankEnd || scalars.first == "#" || scalars.contains(where: isSpecial) ? quoted(text) : text
  }

  /// Quotes are doubled by their bytes: a quote with a mark on it is still a quote.
  static func quoted(_ text: String) -> String {
    var bytes: [UInt8] = [0x22]
    for byte in text.utf8 { bytes += byte == 0x22 ? [0x22, 0x22] : [byte] }
    return String(decoding: bytes + [0x22], as: UTF8.self)
  }
}
