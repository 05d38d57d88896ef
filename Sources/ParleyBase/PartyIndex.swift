/// The place of a principal in a mesh. Computing parties come first (0, 1, 2 …), in the order of the study;
/// holders and recipients that do not compute follow.
public struct PartyIndex: RawRepresentable, Hashable, Sendable, Comparable, CustomStringConvertible {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }
  /// The principal at this place, from 0.
  public init(_ rawValue: Int) { self.rawValue = rawValue }
  public static func < (lhs: PartyIndex, rhs: PartyIndex) -> Bool { lhs.rawValue < rhs.rawValue }
  public var description: String { "P\(rawValue)" }

  /// The computing party `offset` places further on a ring of `count`.
  public func advanced(by offset: Int, of count: Int) -> PartyIndex {
    PartyIndex(((rawValue + offset) % count + count) % count)
  }
}
