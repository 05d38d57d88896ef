/// What a signature says. It is part of what is signed, so that a signature made for one purpose is worthless
/// for every other.
public struct SigningPurpose: RawRepresentable, Hashable, Sendable {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  /// "I take part in this study in my role."
  public static let study = Self(rawValue: "study")
  /// "This run happened as the receipt says."
  public static let receipt = Self(rawValue: "receipt")
  /// "This is what I computed and am about to open", and "this is how a session ended for me".
  public static let evidence = Self(rawValue: "evidence")
}
