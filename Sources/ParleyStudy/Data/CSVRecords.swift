/// Splits delimited text into records and fields as RFC 4180 says, strictly and in one pass over a window that
/// moves through the file.
///
/// Own code, because no kept Swift library reads a file as a stream with line numbers: SwiftCSV, the one in reach,
/// takes the whole text as a `String`, builds one per field and has no positions.
///
/// Accepted: a UTF-8 byte order mark, LF and CRLF (mixed too), quoted fields with delimiters, line ends and doubled
/// quotes, a last line without line end; a first line `sep=;` is skipped. Refused: other encodings, NUL bytes, a quote inside an unquoted field,
/// anything between a closing quote and the next delimiter, a CR alone, a quote that is never closed.
/// Memory: the window, 256 KiB or the longest record (at most ``recordLimit``), and one entry per field kept.
final class CSVRecords {
  struct Field {
    /// Offsets from the beginning of the record, without the quotes.
    var start: Int
    var end: Int
    var isQuoted: Bool
    /// Doubled quotes inside stand for one.
    var hasDoubledQuotes: Bool
  }

  enum Failure: Error {
    case unreadable(FileSource.Failure)
    case utf16
    case notUTF8(line: Int, byte: Int)
    case nulByte(line: Int, column: Int)
    case quoteInside(line: Int, column: Int)
    case afterQuote(line: Int, column: Int)
    case carriageReturn(line: Int, column: Int)
    case openQuote(line: Int)
    case recordTooLong(line: Int)
    case tooManyFields(line: Int)
  }

  static let recordLimit = 16 << 20
  private static let quote = UInt8(ascii: "\"")
  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")

  private let source: any ByteSource
  private let delimiter: UInt8
  private let fieldLimit: Int
  /// True for bytes that end a run of ordinary ones.
  private let isSpecial: [Bool]
  private var window: UnsafeMutableBufferPointer<UInt8>
  private var scratch: [UInt8] = []
  /// The current record begins here in the window …
  private var begin = 0
  /// … and unread bytes end here.
  private var end = 0
  private var next = 0
  private var isAtEnd = false
  private var hasStarted = false
  /// File offset of the window's first byte.
  private var windowOffset = 0

  /// Fields of the current record, as many as are kept.
  private(set) var fields: [Field] = []
  /// Fields of the current record, counting those that are not kept.
  private(set) var fieldCount = 0
  /// Line on which the current record begins, from 1.
  private(set) var line = 1
  private var nextLine = 1
  /// Fields beyond these are counted only.
  var keptFields = Int.max

  /// `fieldLimit`: a record with more fields is a failure, noticed as soon as it is passed.
  init(_ source: any ByteSource, delimiter: UInt8, fieldLimit: Int, window: Int = 1 << 18) {
    self.source = source
    self.delimiter = delimiter
    self.fieldLimit = fieldLimit
    self.window = .allocate(capacity: max(window, 16))
    var special = [Bool](repeating: false, count: 256)
    for byte in [delimiter, Self.quote, Self.lineFeed, Self.carriageReturn, 0] { special[Int(byte)] = true }
    isSpecial = special
  }
  deinit { window.deallocate() }

  /// True for a line without anything on it.
  var isBlank: Bool { fieldCount == 1 && fields[0].start == fields[0].end && !fields[0].isQuoted }

  /// Moves to the next record; false at the end.
  func advance() throws(Failure) -> Bool {
    if !hasStarted { try start() }
    begin = next
    line = nextLine
    fields.removeAll(keepingCapacity: true)
    fieldCount = 0
    var position = 0
    var seen: UInt8 = 0
    guard try fill(beyond: 0) else { return false }
    repeat {
      let isLast = try scanField(&position, &seen)
      if isLast { break }
    } while true
    next = begin + position
    if seen & 0x80 != 0 { try checkUTF8(length: position) }
    return true
  }

  /// Whether a field that is kept holds nothing and is not quoted.
  func isEmpty(_ index: Int) -> Bool {
    fields.indices.contains(index) && fields[index].start == fields[index].end && !fields[index].isQuoted
  }

  /// Calls `body` with the bytes of a field, quotes resolved.
  func withField<R>(_ index: Int, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
    let field = fields[index]
    let raw = UnsafeBufferPointer(rebasing: window[begin + field.start..<begin + field.end])
    guard field.hasDoubledQuotes else { return body(raw) }
    scratch.removeAll(keepingCapacity: true)
    var isSecond = false
    for byte in raw {
      if byte == Self.quote, !isSecond {
        isSecond = true
        continue
      }
      isSecond = false
      scratch.append(byte)
    }
    return scratch.withUnsafeBufferPointer(body)
  }

  func text(_ index: Int) -> String { withField(index) { String(decoding: $0, as: UTF8.self) } }

  // MARK: Scanning

  /// Reads one field from `position` and the delimiter or line end after it; true when it ended the record.
  private func scanField(_ position: inout Int, _ seen: inout UInt8) throws(Failure) -> Bool {
    let start = position
    if try fill(beyond: position), window[begin + position] == Self.quote {
      return try scanQuoted(&position, &seen)
    }
    while true {
      let run = ordinaryRun(from: position, &seen)
      position += run
      guard try fill(beyond: position) else {
        keep(Field(start: start, end: position, isQuoted: false, hasDoubledQuotes: false))
        try checkCount()
        return true
      }
      let byte = window[begin + position]
      guard isSpecial[Int(byte)] else { continue }
      if byte == Self.quote { throw .quoteInside(line: nextLine, column: column(position)) }
      keep(Field(start: start, end: position, isQuoted: false, hasDoubledQuotes: false))
      try checkCount()
      return try separator(&position)
    }
  }

  private func scanQuoted(_ position: inout Int, _ seen: inout UInt8) throws(Failure) -> Bool {
    let openLine = nextLine
    position += 1
    let start = position
    var hasDoubled = false
    while true {
      guard try fill(beyond: position) else { throw .openQuote(line: openLine) }
      let byte = window[begin + position]
      seen |= byte
      if byte == Self.quote {
        guard try fill(beyond: position + 1), window[begin + position + 1] == Self.quote else { break }
        hasDoubled = true
        position += 2
        continue
      }
      if byte == Self.lineFeed { nextLine += 1 }
      if byte == 0 { throw .nulByte(line: nextLine, column: column(position)) }
      position += 1
    }
    keep(Field(start: start, end: position, isQuoted: true, hasDoubledQuotes: hasDoubled))
    try checkCount()
    position += 1
    guard try fill(beyond: position) else { return true }
    let byte = window[begin + position]
    guard byte == delimiter || byte == Self.lineFeed || byte == Self.carriageReturn else {
      throw .afterQuote(line: nextLine, column: column(position))
    }
    return try separator(&position)
  }

  /// Steps over a delimiter (false) or line end (true).
  private func separator(_ position: inout Int) throws(Failure) -> Bool {
    let byte = window[begin + position]
    position += 1
    if byte == delimiter { return false }
    if byte == 0 { throw .nulByte(line: nextLine, column: column(position - 1)) }
    if byte == Self.carriageReturn {
      guard try fill(beyond: position), window[begin + position] == Self.lineFeed else {
        throw .carriageReturn(line: nextLine, column: column(position - 1))
      }
      position += 1
    }
    nextLine += 1
    return true
  }

  private func ordinaryRun(from position: Int, _ seen: inout UInt8) -> Int {
    isSpecial.withUnsafeBufferPointer { special in
      let bytes = UnsafeBufferPointer(rebasing: window[begin + position..<end])
      var count = 0
      var all = seen
      while count < bytes.count, !special[Int(bytes[count])] {
        all |= bytes[count]
        count += 1
      }
      seen = all
      return count
    }
  }

  private func keep(_ field: Field) {
    fieldCount += 1
    if fields.count < keptFields { fields.append(field) }
  }

  private func checkCount() throws(Failure) {
    if fieldCount > fieldLimit { throw .tooManyFields(line: line) }
  }

  /// Bytes since the last line end, from 1.
  private func column(_ position: Int) -> Int {
    var start = position
    while start > 0, window[begin + start - 1] != Self.lineFeed { start -= 1 }
    return position - start + 1
  }

  // MARK: Window

  /// Makes sure that the byte at `position` of the record is in the window; false when the file ends before it.
  @inline(__always)
  private func fill(beyond position: Int) throws(Failure) -> Bool {
    if begin + position < end { return true }
    return try refill(beyond: position)
  }

  private func refill(beyond position: Int) throws(Failure) -> Bool {
    while begin + position >= end {
      if isAtEnd { return false }
      if begin > 0 {
        _ = window.update(fromContentsOf: window[begin..<end])
        windowOffset += begin
        end -= begin
        next -= begin
        begin = 0
      }
      if end == window.count {
        guard window.count < Self.recordLimit else { throw .recordTooLong(line: line) }
        let larger = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: window.count * 2)
        _ = larger.update(fromContentsOf: window[..<end])
        window.deallocate()
        window = larger
      }
      let count: Int
      do { count = try source.read(into: UnsafeMutableBufferPointer(rebasing: window[end...])) } catch {
        throw .unreadable(error)
      }
      if count == 0 { isAtEnd = true }
      end += count
    }
    return true
  }

  private func start() throws(Failure) {
    hasStarted = true
    let hasThree = try fill(beyond: 2)
    let count = end
    if count >= 2, (window[0], window[1]) == (0xff, 0xfe) || (window[0], window[1]) == (0xfe, 0xff) {
      throw .utf16
    }
    if hasThree, (window[0], window[1], window[2]) == (0xef, 0xbb, 0xbf) { next = 3 }
    if let length = try separatorLine() {
      next += length
      nextLine = 2
    }
  }

  /// Bytes of a first line `sep=;`, which spreadsheets write for themselves, with its line end; nil when the file begins with
  /// something else.
  private func separatorLine() throws(Failure) -> Int? {
    begin = next
    defer { begin = 0 }
    guard try fill(beyond: 5) else { return nil }
    _ = try fill(beyond: 6)
    return Self.separatorLine(UnsafeBufferPointer(rebasing: window[begin..<end]))?.length
  }

  /// The delimiter that a first line `sep=;` names, and the bytes of the line with its end.
  static func separatorLine(
    _ text: UnsafeBufferPointer<UInt8>
  ) -> (delimiter: CSVDialect.Delimiter, length: Int)? {
    guard text.count >= 6, text.starts(with: "sep=".utf8),
      let delimiter = CSVDialect.Delimiter.allCases.first(where: { $0.byte == text[4] })
    else { return nil }
    if text[5] == lineFeed { return (delimiter, 6) }
    guard text.count >= 7, text[5] == carriageReturn, text[6] == lineFeed else { return nil }
    return (delimiter, 7)
  }

  private func checkUTF8(length: Int) throws(Failure) {
    let record = UnsafeBufferPointer(rebasing: window[begin..<begin + length])
    let position = TextCheck.firstInvalidByte(record)
    guard position < length else { return }
    let lines = record[..<position].count { $0 == Self.lineFeed }
    throw .notUTF8(line: line + lines, byte: windowOffset + begin + position)
  }
}
