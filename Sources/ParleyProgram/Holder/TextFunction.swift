internal import ParleyBase

/// A function of one text, with constants, that gives a text. Characters are Unicode scalars.
public enum TextFunction: Hashable, Sendable {
  /// Capital forms of the letters that have one of as many bytes; see docs/sql.md.
  case uppercase
  /// Small forms of the letters that have one of as many bytes; see docs/sql.md.
  case lowercase
  /// Without what stands at its ends and is one of these characters.
  case trimmed(TextEnds, of: ExactText)
  /// So many characters at its beginning; where the number is negative, all but so many at its end.
  case first(Int)
  /// So many characters at its end; where the number is negative, all but so many at its beginning.
  case last(Int)
  /// Every occurrence of the first text, from the left, becomes the second one; nothing occurs nowhere.
  case replaced(ExactText, by: ExactText)
}

/// Which ends of a text are trimmed, by the word of SQL.
public enum TextEnds: String, Hashable, Sendable {
  /// The beginning and the end.
  case both = "BOTH"
  /// The beginning.
  case leading = "LEADING"
  /// The end.
  case trailing = "TRAILING"
}

/// Where one text stands in another.
public enum TextPlace: String, Hashable, Sendable {
  /// The first text begins with the second one.
  case start = "STARTS_WITH"
  /// The first text ends with the second one.
  case end = "ENDS_WITH"
  /// The second text is anywhere in the first one.
  case anywhere = "CONTAINS"

  /// In the bytes of UTF-8, which is the same as in characters.
  package func holds(_ text: String, _ part: String) -> Bool {
    let text = Array(text.utf8), part = Array(part.utf8)
    switch self {
    case .start: return text.starts(with: part)
    case .end: return text.count >= part.count && text.suffix(part.count).elementsEqual(part)
    case .anywhere: return part.isEmpty || TextFunction.place(of: part, in: text, from: 0) != nil
    }
  }
}

extension TextFunction {
  /// The characters that Unicode has for space between words (category Zs), which TRIM takes away: line ends and tabs
  /// are none of them.
  package static let spaces: ExactText =
    " \u{a0}\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200a}\u{202f}\u{205f}\u{3000}"

  /// What the function makes of `text`.
  package func applied(to text: String) -> String {
    switch self {
    case .uppercase: return LetterCase.upper.applied(to: text)
    case .lowercase: return LetterCase.lower.applied(to: text)
    case .trimmed(let ends, let characters):
      let set = Set(characters.value.unicodeScalars)
      var scalars = Substring(text).unicodeScalars
      if ends != .trailing { scalars = scalars.drop { set.contains($0) } }
      if ends != .leading { while let last = scalars.last, set.contains(last) { scalars.removeLast() } }
      return String(scalars)
    case .first(let count): return String(Self.part(text.unicodeScalars, count, isFirst: true))
    case .last(let count): return String(Self.part(text.unicodeScalars, count, isFirst: false))
    case .replaced(let old, let new): return Self.replaced(text, old.value, by: new.value)
    }
  }

  private static func part(
    _ scalars: String.UnicodeScalarView, _ count: Int, isFirst: Bool
  ) -> Substring.UnicodeScalarView {
    let left = count == .min ? .max : -count
    if isFirst { return count >= 0 ? scalars.prefix(count) : scalars.dropLast(left) }
    return count >= 0 ? scalars.suffix(count) : scalars.dropFirst(left)
  }

  private static func replaced(_ text: String, _ old: String, by new: String) -> String {
    let bytes = Array(text.utf8), wanted = Array(old.utf8)
    guard !wanted.isEmpty, var place = place(of: wanted, in: bytes, from: 0) else { return text }
    var result: [UInt8] = []
    var end = 0
    while true {
      result += bytes[end..<place]
      result += new.utf8
      end = place + wanted.count
      guard let next = Self.place(of: wanted, in: bytes, from: end) else { break }
      place = next
    }
    return String(decoding: result + bytes[end...], as: UTF8.self)
  }

  /// - Parameter wanted: not empty.
  fileprivate static func place(of wanted: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
    guard bytes.count - start >= wanted.count else { return nil }
    return (start...bytes.count - wanted.count).first { place in
      bytes[place] == wanted[0] && bytes[place..<place + wanted.count].elementsEqual(wanted)
    }
  }

  /// The most bytes of the result of a text of at most so many bytes.
  package func longest(of bytes: Int) -> Int {
    switch self {
    case .uppercase, .lowercase, .trimmed: return bytes
    case .first(let count), .last(let count):
      // A character has one to four bytes.
      if count < 0 { return max(0, count == .min ? 0 : bytes + count) }
      return count > bytes ? bytes : min(bytes, 4 * count)
    case .replaced(let old, let new):
      let longer = new.value.utf8.count - old.value.utf8.count
      guard longer > 0, !old.value.isEmpty else { return bytes }
      let (more, overflow) = (bytes / old.value.utf8.count).multipliedReportingOverflow(by: longer)
      return overflow || more > .max - bytes ? .max : bytes + more
    }
  }

  func encode(into writer: inout CanonicalWriter) {
    switch self {
    case .uppercase: writer.write(UInt8(0))
    case .lowercase: writer.write(UInt8(1))
    case .trimmed(let ends, let characters):
      writer.write(UInt8(2))
      writer.write(ends.rawValue)
      writer.write(characters.value)
    case .first(let count):
      writer.write(UInt8(3))
      writer.write(Int64(count))
    case .last(let count):
      writer.write(UInt8(4))
      writer.write(Int64(count))
    case .replaced(let old, let new):
      writer.write(UInt8(5))
      writer.write(old.value)
      writer.write(new.value)
    }
  }

  /// As SQL writes it, of an argument.
  func description(of text: String) -> String {
    switch self {
    case .uppercase: "UPPER(\(text))"
    case .lowercase: "LOWER(\(text))"
    case .trimmed(.both, of: Self.spaces): "TRIM(\(text))"
    case .trimmed(let ends, of: Self.spaces): "TRIM(\(ends.rawValue) FROM \(text))"
    case .trimmed(let ends, let characters):
      "TRIM(\(ends.rawValue) \(HolderText.literal(characters.value)) FROM \(text))"
    case .first(let count): "LEFT(\(text), \(count))"
    case .last(let count): "RIGHT(\(text), \(count))"
    case .replaced(let old, let new):
      "REPLACE(\(text), \(HolderText.literal(old.value)), \(HolderText.literal(new.value)))"
    }
  }
}
