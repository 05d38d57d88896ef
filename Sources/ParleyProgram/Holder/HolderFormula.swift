public import BigInt

/// A row-wise expression over columns of one table that the holder of a row computes in the clear before it shares
/// anything: what needs no protocol is done where the data is.
///
/// Values are integers in the units of ``ColumnType``, bits, or NULL; logic is SQL's, three-valued, and NULL goes
/// through arithmetic and comparisons. Texts enter through ``HolderText``.
public indirect enum HolderFormula: Hashable, Sendable {
  /// An integer, or a bit for a Boolean column; the position in the list for a category.
  case column(String)
  /// An integer.
  case constant(BigInt)
  /// A bit.
  case bit(Bool)
  /// NULL of either kind.
  case null
  /// The sum of two integers.
  case add(Self, Self)
  /// The first integer less the second.
  case subtract(Self, Self)
  /// The product of two integers.
  case multiply(Self, Self)
  /// An integer times a constant.
  case scale(Self, by: BigInt)
  /// floor(value / divisor), for a divisor of at least 1.
  case floorQuotient(Self, by: BigInt)
  /// What ``floorQuotient(_:by:)`` leaves: 0 to divisor - 1.
  case floorRemainder(Self, by: BigInt)
  /// value / divisor rounded towards 0, for a divisor of at least 1.
  case truncatedQuotient(Self, by: BigInt)
  /// A comparison of two integers, or of two bits with false before true.
  case compare(Program.Comparison, Self, Self)
  /// The bit flipped, NULL where it is NULL.
  case not(Self)
  /// False where either is false, also where the other is NULL.
  case and(Self, Self)
  /// True where either is true, also where the other is NULL.
  case or(Self, Self)
  /// Whether an integer or a bit is NULL: a bit, never NULL.
  case isNull(Self)
  /// The value of the first branch whose condition is true.
  case choose([Branch], otherwise: Self)
  /// The first value that is not NULL.
  case coalesce([Self])
  /// A part or a move of a date.
  case calendar(CalendarFunction, Self)
  /// SQL's LIKE: `%` stands for any characters and `_` for one; upper and lower case differ. A character is a Unicode
  /// scalar.
  case like(HolderText, pattern: String, escape: Character?)
  /// A comparison of two texts in the order of their bytes of UTF-8.
  case textCompare(Program.Comparison, HolderText, HolderText)
  /// Whether a text is NULL: a bit, never NULL.
  case textIsNull(HolderText)
  /// The number of characters (Unicode scalars) of a text.
  case textLength(HolderText)
  /// Whether the first text has the second one there, byte by byte.
  case textHolds(HolderText, HolderText, TextPlace)
  /// Bytes 7 · index to 7 · index + 6 of the text as one big-endian integer, zeros where it has ended: see
  /// ``TextParts``.
  case textPart(HolderText, index: Int)
  /// One of the two integers of the text's digest under the key of the session, in place of all its parts: for texts
  /// that are compared for equality and nothing else. See ``TextDigest``.
  case textDigest(HolderText, index: Int)

  /// One WHEN of a CASE.
  public struct Branch: Hashable, Sendable {
    /// The branch is taken where this is true, not where it is NULL.
    public var condition: HolderFormula
    /// What the branch gives.
    public var value: HolderFormula
    /// A condition and what it gives.
    public init(condition: HolderFormula, value: HolderFormula) {
      self.condition = condition
      self.value = value
    }
  }
}

/// A text that the holder of a row has or makes. No step of it may have more than ``TextParts/longestStep`` bytes.
public indirect enum HolderText: Hashable, Sendable {
  /// A text column, or the listed text of a category.
  case column(String)
  /// A constant.
  case literal(String)
  /// So many characters (Unicode scalars) from a position that counts from 1; to the end without a length. Positions
  /// outside of the text hold nothing, as in standard SQL.
  case substring(HolderText, from: Int, length: Int?)
  /// No text.
  case null
  /// What a function makes of a text; NULL of NULL.
  case changed(HolderText, TextFunction)
  /// One after the other; NULL where one of them is.
  case joined([HolderText])
  /// The text of the first branch whose condition is true.
  case choose([Branch], otherwise: HolderText)
  /// The first text that is not NULL.
  case coalesce([HolderText])
  /// A number, a date (days far outside of every calendar as the last one there is) or a condition as results show it;
  /// the other formats have no such text.
  case shown(HolderFormula, Program.ResultTable.Format)

  /// One WHEN of a CASE.
  public struct Branch: Hashable, Sendable {
    /// The branch is taken where this is true, not where it is NULL.
    public var condition: HolderFormula
    /// What the branch gives.
    public var text: HolderText
    /// A condition and what it gives.
    public init(condition: HolderFormula, text: HolderText) {
      self.condition = condition
      self.text = text
    }
  }
}

/// How a text becomes integers: seven bytes of UTF-8 to a part, big-endian and filled with zeros, so that the parts
/// compared in order compare the texts byte by byte.
package enum TextParts {
  /// Bytes of a part.
  package static let bytesPerPart = 7
  /// Longest text column, in bytes, and longest text that holders make and share.
  package static let longestText = 256
  /// Longest text on the way to one that is shared, in bytes: what a formula makes of a row has to end.
  package static let longestStep = 4096
  /// What a part can be: 56 bits.
  package static let range = Interval(0, (BigInt(1) << 56) - 1)

  /// Parts of a text of at most `bytes` bytes.
  package static func count(bytes: Int) -> Int { (bytes + bytesPerPart - 1) / bytesPerPart }

  /// Cost: 7 bytes, and as many steps as `index` for a text that is not contiguous UTF-8.
  package static func value(_ text: String, index: Int) -> Int64 {
    var value: Int64 = 0
    var bytes = text.utf8.dropFirst(index * bytesPerPart).makeIterator()
    for _ in 0..<bytesPerPart { value = value << 8 | Int64(bytes.next() ?? 0) }
    return value
  }

  /// The bytes of its parts in order, without the zeros that fill the last ones.
  package static func bytes(_ parts: [Int64]) -> [UInt8] {
    var bytes: [UInt8] = []
    for part in parts {
      for byte in (0..<bytesPerPart).reversed() {
        bytes.append(UInt8(truncatingIfNeeded: part >> Int64(byte * 8)))
      }
    }
    while bytes.last == 0 { bytes.removeLast() }
    return bytes
  }

  /// The text of its parts in order; nil when they are not UTF-8 or hold a zero inside the text.
  package static func text(_ parts: [Int64]) -> String? {
    let bytes = bytes(parts)
    return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
  }
}
