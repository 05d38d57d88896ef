import ParleySQL
import Yams

/// The lines of a study file, in which the text of a scalar is found again: YAML takes off indentation, joins lines and
/// reads escapes, so that a place in the text is another one in the file. Every character of the text is compared with the
/// file; where one is not where it should be, nothing is known.
final class FileLines {
  private let text: String
  private lazy var lines: [[UInt8]] = {
    let bytes = text.utf8.dropFirst(text.hasPrefix("\u{feff}") ? 3 : 0)
    return bytes.split(separator: 0x0a, omittingEmptySubsequences: false).map { line in
      Array(line.last == 0x0d ? line.dropLast() : line)
    }
  }()

  init(_ text: String) { self.text = text }

  /// Nil where it is not found as it should be, such as below a tag.
  func places(of scalar: Node.Scalar) -> QueryPlaces? {
    guard let mark = scalar.mark, lines.indices.contains(mark.line - 1) else { return nil }
    var walk = Walk(lines: lines, text: Array(scalar.string.utf8), row: mark.line - 1, column: mark.column)
    let isFound =
      switch scalar.style {
      case .literal: walk.block(isFolded: false)
      case .folded: walk.block(isFolded: true)
      case .singleQuoted: walk.quoted(UInt8(ascii: "'"))
      case .doubleQuoted: walk.quoted(UInt8(ascii: "\""))
      default: walk.flow(quote: nil)
      }
    return isFound ? QueryPlaces(walk.stretches) : nil
  }
}

/// The way through the file and the text together.
private struct Walk {
  let lines: [[UInt8]]
  let text: [UInt8]
  var row: Int
  /// Bytes of the row before the next one, and of the text.
  var byte = 0
  var offset = 0
  private(set) var stretches: [QueryPlaces.Stretch] = []
  private var isInside = false
  /// Characters of a row that were counted so far.
  private var counted = (row: -1, byte: 0, characters: 0)

  /// - Parameter column: of the scalar's first character, counted in Unicode scalars from 1.
  init(lines: [[UInt8]], text: [UInt8], row: Int, column: Int) {
    self.lines = lines
    self.text = text
    self.row = row
    byte = String(decoding: lines[row], as: UTF8.self).unicodeScalars.prefix(column - 1).reduce(0) {
      $0 + UTF8.width($1)
    }
  }

  private var isAtEnd: Bool { offset == text.count }
  private var rest: ArraySlice<UInt8> { row < lines.count && byte <= lines[row].count ? lines[row][byte...] : [] }
  private func isBlank(_ line: some Sequence<UInt8>) -> Bool { line.allSatisfy { $0 == 0x20 || $0 == 0x09 } }

  /// The next bytes of the text, which some of the row stand for: as they are (`width` nil), or otherwise spelled.
  private mutating func take(_ bytes: some Collection<UInt8>, width: Int? = nil) -> Bool {
    guard text[offset...].starts(with: bytes) else { return false }
    if width != nil { isInside = false }
    if !isInside, !bytes.isEmpty {
      if counted.row != row { counted = (row, 0, 0) }
      counted.characters += String(decoding: lines[row][counted.byte..<byte], as: UTF8.self).count
      counted.byte = byte
      stretches.append(.init(offset: offset, line: row + 1, column: counted.characters + 1))
    }
    isInside = width == nil
    offset += bytes.count
    byte += width ?? bytes.count
    return true
  }

  /// Goes on in another row; what stands there begins a stretch.
  private mutating func turn(to row: Int, byte: Int) {
    self.row = row
    self.byte = byte
    isInside = false
  }

  // MARK: Blocks

  /// A text after `|` or `>`, in the lines below.
  mutating func block(isFolded: Bool) -> Bool {
    guard rest.first == UInt8(ascii: isFolded ? ">" : "|") else { return false }
    let first = row + 1
    guard let begin = lines[min(first, lines.count)...].firstIndex(where: { !isBlank($0) }) else { return false }
    let spaces = lines[begin].prefix { $0 == 0x20 }.count
    let own = text.drop { $0 == 0x0a }.prefix { $0 == 0x20 }.count
    let indent = spaces - own
    guard indent >= 0 else { return false }
    let end = (text.lastIndex { $0 != 0x0a } ?? -1) + 1
    var next = first
    while offset < end {
      guard next < lines.count else { return false }
      turn(to: next, byte: min(indent, lines[next].count))
      guard lines[next].prefix(byte).allSatisfy({ $0 == 0x20 }), take(rest) else { return false }
      let isEmpty = byte == lines[next].prefix(indent).count
      next += 1
      if offset >= end { return true }
      if !isFolded {
        guard text[offset] == 0x0a else { return false }
        offset += 1
      } else if text[offset] != 0x0a {
        guard !isEmpty, text[offset] == 0x20 else { return false }
        offset += 1
      } else {
        let feeds = text[offset...].prefix { $0 == 0x0a }.count
        let empty = lines[next...].prefix { $0.count <= indent && isBlank($0) }.count
        guard feeds == empty || feeds == empty + 1 else { return false }
        offset += feeds
        next += empty
      }
    }
    return true
  }

  // MARK: Texts in lines

  mutating func quoted(_ quote: UInt8) -> Bool {
    guard rest.first == quote else { return false }
    byte += 1
    return flow(quote: quote)
  }

  /// What stands in quotes, or without any.
  mutating func flow(quote: UInt8?) -> Bool {
    while !isAtEnd {
      let blanks = rest.prefix { $0 == 0x20 || $0 == 0x09 }
      if blanks.count == rest.count {
        guard fold() else { return false }
      } else if !blanks.isEmpty {
        // At the end of the text, blanks behind it are not its own.
        guard take(blanks.prefix(text.count - offset)) else { return false }
      } else if quote == UInt8(ascii: "\""), rest.first == UInt8(ascii: "\\") {
        guard escape() else { return false }
      } else if let quote, rest.first == quote {
        // Doubled, it is one of the text; alone it ends it.
        guard quote == UInt8(ascii: "'"), rest.dropFirst().first == quote, take([quote], width: 2) else {
          return false
        }
      } else {
        guard let next = rest.first, take([next]) else { return false }
      }
    }
    return true
  }

  /// From the end of a line to the next one that has something: one line end is a blank, each further one a line feed.
  private mutating func fold() -> Bool {
    // Blanks that the text has as well end no line: those before an escaped line end.
    guard let next = lines[min(row + 1, lines.count)...].firstIndex(where: { !isBlank($0) }) else { return false }
    let feeds = text[offset...].prefix { $0 == 0x0a }.count
    let breaks = next - row
    if breaks == 1 {
      guard text[offset] == 0x20 else { return false }
      offset += 1
    } else {
      guard feeds == breaks - 1 else { return false }
      offset += feeds
    }
    turn(to: next, byte: lines[next].prefix { $0 == 0x20 || $0 == 0x09 }.count)
    return true
  }

  private static let escapes: [UInt8: [UInt8]] = [
    UInt8(ascii: "n"): [0x0a], UInt8(ascii: "t"): [0x09], 0x09: [0x09], 0x20: [0x20],
    UInt8(ascii: "\""): [0x22], UInt8(ascii: "/"): [0x2f], UInt8(ascii: "\\"): [0x5c],
    UInt8(ascii: "_"): [0xc2, 0xa0],
  ]

  private mutating func escape() -> Bool {
    guard let letter = rest.dropFirst().first else {
      // An escaped line end is none, and the blanks that the next line begins with are left out.
      guard row + 1 < lines.count, !isBlank(lines[row + 1]) else { return false }
      turn(to: row + 1, byte: lines[row + 1].prefix { $0 == 0x20 || $0 == 0x09 }.count)
      return true
    }
    if let bytes = Self.escapes[letter] { return take(bytes, width: 2) }
    let digits: Int
    switch letter {
    case UInt8(ascii: "x"): digits = 2
    case UInt8(ascii: "u"): digits = 4
    case UInt8(ascii: "U"): digits = 8
    default: return false
    }
    let code = String(decoding: rest.dropFirst(2).prefix(digits), as: UTF8.self)
    guard let scalar = UInt32(code, radix: 16).flatMap(Unicode.Scalar.init) else { return false }
    return take(Array(String(scalar).utf8), width: 2 + digits)
  }
}
