import ParleyProgram

/// A date layout of `YYYY`, `MM` and `DD`, each once, with separators between them.
public struct DateFormat: Sendable, Hashable, CustomStringConvertible {
  enum Piece: Hashable, Sendable {
    case year, month, day
    case literal(UInt8)
  }
  let pieces: [Piece]
  public let description: String

  /// `YYYY-MM-DD`.
  public static let iso = DateFormat(
    pieces: [.year, .literal(45), .month, .literal(45), .day], description: "YYYY-MM-DD")

  private init(pieces: [Piece], description: String) {
    self.pieces = pieces
    self.description = description
  }

  /// Nil unless year, month and day each appear once and everything else is ASCII punctuation or a space.
  public init?(_ text: String) {
    var pieces: [Piece] = []
    var rest = Array(text.utf8)[...]
    while let first = rest.first {
      if rest.starts(with: "YYYY".utf8) {
        pieces.append(.year)
        rest = rest.dropFirst(4)
      } else if rest.starts(with: "MM".utf8) {
        pieces.append(.month)
        rest = rest.dropFirst(2)
      } else if rest.starts(with: "DD".utf8) {
        pieces.append(.day)
        rest = rest.dropFirst(2)
      } else if "-./ _".utf8.contains(first) {
        pieces.append(.literal(first))
        rest = rest.dropFirst()
      } else {
        return nil
      }
    }
    for piece in [Piece.year, .month, .day] where pieces.filter({ $0 == piece }).count != 1 { return nil }
    self.init(pieces: pieces, description: text)
  }

  /// Days since 1970-01-01, or nil when the text is not a date of this layout.
  ///
  /// The year has four digits. A month or a day has two, or one where separators or an end of the text stand on both of its
  /// sides.
  func days(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
    var end = 0
    guard let days = days(text, end: &end), end == text.count else { return nil }
    return days
  }

  func days(_ text: String) -> Int64? {
    Array(text.utf8).withUnsafeBufferPointer { days($0) }
  }

  /// The date that the text begins with, and where it ends.
  func days(_ text: UnsafeBufferPointer<UInt8>, end: inout Int) -> Int64? {
    guard let date = parts(text, yearDigits: 4...4) else { return nil }
    end = date.end
    return CivilDate(year: date.year, month: date.month, day: date.day).map { Int64($0.daysSince1970) }
  }

  /// Year, month and day in the places that the layout gives them, whether there is such a day or not.
  @inline(__always)
  private func parts(
    _ text: UnsafeBufferPointer<UInt8>, yearDigits: ClosedRange<Int>
  ) -> (year: Int, month: Int, day: Int, end: Int)? {
    var position = 0
    var year = 0, month = 0, day = 0
    func number(_ digits: ClosedRange<Int>) -> Int? {
      var value = 0
      let start = position
      while position < text.count, position - start < digits.upperBound {
        let digit = text[position] &- 48
        guard digit < 10 else { break }
        value = value * 10 + Int(digit)
        position += 1
      }
      return position - start < digits.lowerBound ? nil : value
    }
    for (index, piece) in pieces.enumerated() {
      switch piece {
      case .year:
        guard let value = number(yearDigits) else { return nil }
        year = value
      case .month:
        guard let value = number(standsAlone(index) ? 1...2 : 2...2) else { return nil }
        month = value
      case .day:
        guard let value = number(standsAlone(index) ? 1...2 : 2...2) else { return nil }
        day = value
      case .literal(let byte):
        guard position < text.count, text[position] == byte else { return nil }
        position += 1
      }
    }
    return (year, month, day, position)
  }

  /// Whether separators, or the beginning or end of the layout, are on both sides of the piece.
  @inline(__always)
  private func standsAlone(_ index: Int) -> Bool {
    func separates(_ index: Int) -> Bool {
      guard pieces.indices.contains(index) else { return true }
      if case .literal = pieces[index] { return true }
      return false
    }
    return separates(index - 1) && separates(index + 1)
  }

  /// Why a text that is not a date of this layout is none.
  enum Mismatch: Hashable {
    /// The layout, with a day that the calendar does not have.
    case noSuchDay
    /// The layout, but for a year of two digits.
    case shortYear
    /// The layout, and a time after it.
    case hasTime
    /// The layout, and something after it that should be a time and is none.
    case badTime
    /// A date of another usual layout.
    case layout
    case other
  }

  func mismatch(_ text: UnsafeBufferPointer<UInt8>) -> Mismatch {
    if let date = parts(text, yearDigits: 4...4) {
      let exists = CivilDate(year: date.year, month: date.month, day: date.day) != nil
      if date.end == text.count, !exists {
        return isUsual(text) ? .layout : .noSuchDay
      }
      if exists, TimestampText.parse(text, dates: self, rounds: true) != .notATimestamp { return .hasTime }
      if exists, date.end < text.count, text[date.end] == 32 || text[date.end] | 0x20 == UInt8(ascii: "t") {
        return .badTime
      }
    }
    if isUsual(text) { return .layout }
    let isShort = ([self] + ColumnGuess.parsers.map(\.format)).contains {
      $0.parts(text, yearDigits: 2...2)?.end == text.count
    }
    return isShort ? .shortYear : .other
  }

  /// The same of a text that should be a date and a time.
  func mismatch(time text: UnsafeBufferPointer<UInt8>) -> Mismatch {
    let length = text.firstIndex { $0 | 0x20 == UInt8(ascii: "t") || $0 == UInt8(ascii: " ") } ?? text.count
    let date = UnsafeBufferPointer(rebasing: text[..<length])
    return days(date) == nil ? mismatch(date) : length < text.count ? .badTime : .other
  }

  /// Whether the text is a date in another of the usual layouts.
  private func isUsual(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    ColumnGuess.parsers.contains { $0.format != self && $0.format.days(text) != nil }
  }
}
