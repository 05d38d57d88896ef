/// Where the text of a query stands in its file.
public struct QueryPlaces: Hashable, Sendable {
  /// A part of the text that is written in the file character by character, up to the next stretch or the end of a line.
  public struct Stretch: Hashable, Sendable {
    /// Bytes of the text before it.
    public var offset: Int
    /// Of the file, both from 1; columns are characters.
    public var line: Int
    /// Of the file, from 1, in characters.
    public var column: Int
    /// A stretch; see the properties.
    public init(offset: Int, line: Int, column: Int) {
      self.offset = offset
      self.line = line
      self.column = column
    }
  }

  /// In the order of the text; none where nothing is known of the file.
  public var stretches: [Stretch]
  /// Places of a text whose stretches are known.
  public init(_ stretches: [Stretch]) { self.stretches = stretches }

  /// Only the text is known: places are told as of the query.
  public static let unknown = Self([])

  /// A text that begins at the beginning of a line, and whose lines are lines of the file.
  public static func lines(of text: String, from line: Int) -> Self {
    var stretches = [Stretch(offset: 0, line: line, column: 1)]
    for (offset, byte) in text.utf8.enumerated() where byte == 0x0a {
      stretches.append(Stretch(offset: offset + 1, line: line + stretches.count, column: 1))
    }
    return Self(stretches)
  }

  /// The last one that begins at or before a byte of the text.
  func stretch(of offset: Int) -> Stretch? {
    var low = 0, high = stretches.count
    while low < high {
      let middle = (low + high) / 2
      if stretches[middle].offset <= offset { low = middle + 1 } else { high = middle }
    }
    return low > 0 ? stretches[low - 1] : nil
  }
}
