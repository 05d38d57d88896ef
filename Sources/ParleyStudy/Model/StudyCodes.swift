public import ParleyBase

extension ParleyError.Code {
  /// The file is not YAML that a study file may be made of.
  public static let studySyntax = Self("study/syntax")
  /// A file that cannot be read.
  public static let studyUnreadable = Self("study/unreadable")
  /// A key the format does not have.
  public static let studyUnknownKey = Self("study/unknown-key")
  /// A key that must be there is not.
  public static let studyMissing = Self("study/missing")
  /// A list where a text belongs, and the like.
  public static let studyType = Self("study/type")
  /// A value that the key does not take.
  public static let studyValue = Self("study/value")
  /// A name or key given twice.
  public static let studyDuplicate = Self("study/duplicate")
  /// A party or table that the study does not define.
  public static let studyUnknownName = Self("study/unknown-name")
  /// One organisation would run two of the computing parties.
  public static let studyOneOrganisation = Self("study/one-organisation")
  /// Not as many computing parties as the protocol has.
  public static let studyComputing = Self("study/computing")
  /// Larger than any study.
  public static let studyLimit = Self("study/limit")
  /// The study asks for a protection that this version does not have.
  public static let studyUnsupported = Self("study/unsupported")
  /// Something that a run between machines needs and a trial does not.
  public static let studyNotReady = Self("study/not-ready")
  /// A party that must have signed has not.
  public static let studySignatureMissing = Self("study/signature-missing")
  /// A signature that does not verify, or is not of this study.
  public static let studySignatureInvalid = Self("study/signature-invalid")
  /// The identity is not the one whose key the study names.
  public static let identityOtherKey = Self("identity/other-key")
}
