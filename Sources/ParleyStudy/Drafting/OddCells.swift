import ParleyBase
import ParleyProgram

/// The few cells of a column of numbers or dates that are none: how many and in which lines, and nothing of what they hold.
struct OddCells {
  enum Kind {
    case number, date
    /// Dates, and not all in one layout.
    case layouts
    var isNumber: Bool { self == .number }
  }
  var kind: Kind
  var count: Int
  /// Of the first few.
  var lines: [Int]

  /// "1 cell is no number: line 42".
  var words: String {
    let cells = count == 1 ? "1 cell is" : "\(count) cells are"
    let what =
      switch kind {
      case .number: "\(cells) no number"
      case .date: "\(cells) no date"
      case .layouts: "\(cells) written in another layout of dates than most"
      }
    let list = lines.map(String.init).joined(separator: ", ") + (count > lines.count ? ", …" : "")
    return "\(what): \(count == 1 ? "line" : "lines") \(list)"
  }
}

extension ColumnGuess {
  /// Whether it has values with digits of which no form of numbers and no layout of dates fits all.
  var mayHaveOddCells: Bool {
    plainValues >= OddCellSearch.fewest && words != nil && longNumbers == 0 && leadingZeros * 2 < values
      && shortened == 0
      && dates.isEmpty && times.isEmpty && !numbers.values.contains { $0.fits }
  }
}

/// One pass over a column: what fits each form, and the lines of what does not.
struct OddCellSearch {
  /// With fewer cells nobody can say what is odd.
  static let fewest = 10
  private static let listed = 5

  private struct Misses {
    var count = 0
    var lines: [Int] = []
    mutating func add(_ line: Int) {
      count += 1
      if lines.count < listed { lines.append(line) }
    }
  }
  private var values = 0
  private var numbers = Array(repeating: Misses(), count: NumberForm.all.count)
  private var dates = Array(repeating: Misses(), count: ColumnGuess.parsers.count)
  /// Cells that are dates in no layout.
  private var noDate = Misses()

  mutating func add(_ cell: UnsafeBufferPointer<UInt8>, line: Int) {
    let text = CellParser.trimmed(cell)
    guard !text.isEmpty, !MissingMark.isCertain(text), !MissingMark.isLikely(text) else { return }
    values += 1
    for (index, form) in NumberForm.all.enumerated() {
      var guess = NumberGuess()
      guess.add(text, form)
      if !guess.fits { numbers[index].add(line) }
    }
    var isDate = false
    for (index, parser) in ColumnGuess.parsers.enumerated() {
      if TimestampText.days(text, dates: parser.format) != nil { isDate = true } else { dates[index].add(line) }
    }
    if !isDate { noDate.add(line) }
  }

  /// Nil where more than a tenth of the cells are of another kind: that is a text.
  var found: OddCells? {
    guard values >= Self.fewest else { return nil }
    if let best = numbers.min(by: { $0.count < $1.count }), best.count > 0, best.count * 10 <= values {
      return .init(kind: .number, count: best.count, lines: best.lines)
    }
    guard let best = dates.min(by: { $0.count < $1.count }), best.count > 0, noDate.count * 10 <= values else {
      return nil
    }
    if noDate.count > 0 { return .init(kind: .date, count: noDate.count, lines: noDate.lines) }
    return .init(kind: .layouts, count: best.count, lines: best.lines)
  }
}
