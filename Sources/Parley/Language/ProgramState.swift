public import ParleyBase
internal import ParleyCrypto
internal import ParleyRuntime

/// What a party keeps between runs, from Swift: what `parley state --study` does for the parties of a study.
extension PreparedProgram {
  /// The id of a state folder: what a party whose folder is new tells the others over another channel.
  ///
  /// - Throws: `state/missing` where there is none; `state/locked` while a run uses it.
  public static func stateFolderID(_ state: String) throws(ParleyError) -> String {
    GroupedHash.text(try directory(state).stateID)
  }

  /// Goes on with a party whose state folder is a new one.
  ///
  /// - Parameters:
  ///   - name: of that party.
  ///   - id: of its new folder (``stateFolderID(_:)``), heard from it over another channel.
  ///   - state: this party's own folder.
  /// - Throws: `state/known-directory` for the folder that is known already; `state/missing`, `state/locked`.
  public func confirm(_ name: String, stateFolder id: String, state: String) throws(ParleyError) {
    let folder = try GroupedHash.bytes(id, of: "id of a state folder")
    try Self.directory(state).confirm(directory: folder, of: try identityBytes(of: name))
  }

  /// Sets the count of sessions that failed because of a party back to 0, for an operator who has found out why.
  ///
  /// - Throws: `state/missing`, `state/locked`.
  public func forgive(_ name: String, state: String) throws(ParleyError) {
    try Self.directory(state).clearAborts(identity: try identityBytes(of: name))
  }

  /// Sets the count of sessions that failed because of some of the computing parties together back to 0.
  ///
  /// - Throws: `state/missing`, `state/locked`.
  public func forgiveComputingParties(state: String) throws(ParleyError) {
    var set: [[UInt8]] = []
    for principal in principals.prefix(computingCount) { set.append(try identityBytes(of: principal.name)) }
    try Self.directory(state).clearFailures(ofSet: set)
  }

  private func identityBytes(of name: String) throws(ParleyError) -> [UInt8] {
    guard let principal = principals.first(where: { $0.name == name }) else { throw unknown("party", name) }
    guard let key = principal.key else {
      throw ParleyError(
        .init("study/not-ready"), "party \(name) has no key",
        remedy: "give every Party the key that its PartyIdentity.publicKey prints")
    }
    return Array(key.text.utf8)
  }

  /// Opening one makes it, and here it must be there.
  private static func directory(_ path: String) throws(ParleyError) -> StateDirectory {
    guard StateDirectory.exists(path) else {
      throw ParleyError(
        .init("state/missing"), "there is no state folder at \(path): the first run with it makes it",
        at: .init(file: path), remedy: "give the folder that 'state' of 'run(as:)' names")
    }
    return try StateDirectory(path: path)
  }
}
