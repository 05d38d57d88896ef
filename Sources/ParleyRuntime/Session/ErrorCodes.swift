public import ParleyBase

extension ParleyError.Code {
  /// Another process uses the state directory.
  public static let stateLocked = Self("state/locked")
  /// No room on the file system.
  public static let diskFull = Self("state/disk-full")
  /// A file of the state directory that is not as it was written.
  public static let stateCorrupt = Self("state/corrupt")
  /// A state directory that others can read, or that cannot be written.
  public static let statePermissions = Self("state/permissions")
  /// A file that cannot be used.
  public static let stateIO = Self("state/io")
  /// As many sessions are under way as there may be.
  public static let stateBusy = Self("state/busy")
  /// Too many sessions failed because of one peer, or among the computing parties.
  public static let abortCap = Self("state/abort-cap")
  /// A state directory or ledger that is older than what is known of it.
  public static let rolledBack = Self("state/rolled-back")
  /// A store of correlations has fewer left than a run takes.
  public static let storeUsedUp = Self("state/store-used-up")
  /// The computing parties have no checkpoint of a run in common.
  public static let noCheckpoint = Self("state/no-checkpoint")
  /// A state directory that a peer knows nothing of, where it knows another one.
  public static let unknownDirectory = Self("state/unknown-directory")
  /// Same description and hellos, another session id: two builds that do not fit together.
  public static let sidMismatch = Self("aborted/sid-mismatch")
  /// More rows than the study allows.
  public static let tooManyRows = Self("data/too-many-rows")
  /// A holder shared rows that are not within the declared ranges; found inside the computation.
  public static let outOfRange = Self("data/out-of-range")
  /// The joint data do not meet what the program requires of them; found inside the computation.
  public static let requirement = Self("data/requirement")
}
