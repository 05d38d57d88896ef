/// A text of a query, equal to another one where their bytes of UTF-8 are, as in SQL: to Swift's strings a letter with
/// an accent is the same in both spellings of Unicode, and two constants would become one.
public struct ExactText: Hashable, Sendable, ExpressibleByStringLiteral {
  /// The text.
  public let value: String
  /// A text, byte for byte.
  public init(_ value: String) { self.value = value }
  public init(stringLiteral value: String) { self.value = value }

  public static func == (a: Self, b: Self) -> Bool { a.value.utf8.elementsEqual(b.value.utf8) }
  public func hash(into hasher: inout Hasher) {
    for byte in value.utf8 { hasher.combine(byte) }
    hasher.combine(UInt8.max)
  }
}
