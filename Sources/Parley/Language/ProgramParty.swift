public import ParleyBase
internal import ParleyCrypto
internal import ParleyNetwork
internal import ParleyProgram
internal import ParleyRuntime
internal import ParleyTransport

/// The long-term keys of one party: it proves with them who it is, on every link and under every receipt.
public struct PartyIdentity: Sendable {
  let identity: Identity

  /// New keys. `name` becomes the file's name; it need not be the party's name in a program.
  public static func create(name: String) throws(ParleyError) -> PartyIdentity {
    PartyIdentity(identity: try Identity.create(name: name))
  }
  /// From a folder of identities (`parley identity create` makes the same).
  public static func load(name: String, from directory: String) throws(ParleyError) -> PartyIdentity {
    PartyIdentity(identity: try IdentityStore(directory: directory).load(name: name))
  }
  /// Into a folder that nobody else can read; an identity that is there is never overwritten.
  public func save(to directory: String) throws(ParleyError) {
    try IdentityStore(directory: directory).save(identity)
  }
  /// The text that goes into ``Party/key``.
  public var publicKey: String { identity.publicIdentity.text }
  /// What people compare over the telephone.
  public var fingerprint: String { identity.publicIdentity.fingerprint }
}

extension PreparedProgram {
  /// Runs this program as one of its parties, over mutual TLS 1.3 with the keys and endpoints of the program. Every
  /// party prepares the same program; nothing is sent before all have agreed that it is the same. Blocks the calling
  /// thread, which should be a thread of its own.
  ///
  /// - Parameters:
  ///   - name: of the party in the program.
  ///   - identity: its keys, of which the program has the public part.
  ///   - data: by table; for holders.
  ///   - state: a folder for the lock, the attempt counter and the ledger of releases.
  ///   - accepting: the hash of the disclosure statement that the owner of the data has read and accepted
  ///     (``ProgramPlan/statementHash``); asked of data holders.
  ///   - acceptingChangedData: that data which is not that of an earlier run from this state folder is shared nevertheless: whoever
  ///     has both results can compute what changed between them. Asked of data holders, as `parley party --accept-changed-data`.
  ///   - job: tells runs of one program apart; equal at all parties.
  ///   - patience: seconds to wait for the others to appear, in each attempt.
  ///   - attempts: sessions at most, 1 to 100: one that an outage ended before anything was opened is followed by another.
  ///     With 1 a party that only holds data returns once its data has arrived; else it stays, since it may be needed again.
  public func run(
    as name: String, identity: PartyIdentity, data: [String: ProgramRows] = [:], state: String,
    accepting: String? = nil, acceptingChangedData: Bool = false, job: String = "default", patience: Int = 600,
    attempts: Int = 3
  ) throws(ParleyError) -> ProgramResult {
    let attempts = try Attempts(limit: attempts)
    guard let local = index(of: name) else { throw unknown("party", name) }
    guard principals[local.rawValue].key == identity.identity.publicIdentity else {  // public: as named
      throw ParleyError(
        .init("identity/other-key"), "the identity is not the one the program names for \(name)",
        remedy: "give \(name) the key that PartyIdentity.publicKey prints")
    }
    let checked = try tableData(data, of: name)
    if !checked.isEmpty, try accepting.map(GroupedHash.bytes) != statementHash {  // public: statements are printed
      throw ParleyError(
        .init("study/statement-not-accepted"),
        "the disclosure statement of this program has hash \(hexadecimal(statementHash)), which was not accepted",
        remedy: "have the data's owner read plan().statement, then pass its hash as 'accepting'")
    }
    var links: [MeshPrincipal] = []
    for principal in principals {
      guard let key = principal.key else {
        throw ParleyError(
          .init("study/not-ready"), "party \(principal.name) has no key",
          remedy: "give every Party the key that its PartyIdentity.publicKey prints")
      }
      links.append(
        MeshPrincipal(
          name: principal.name, publicKey: key.signingKey, endpoint: try Self.endpoint(principal.endpoint)))
    }
    let memory = try StateDirectory(path: state)
    let earlier = EarlierReleases(memory, study: studyHash, tables: checked)
    if let earlier, earlier.verdict.needsConsent, !acceptingChangedData {
      throw EarlierReleases.refusal(
        remedy:
          "pass 'acceptingChangedData: true' once the data's owner agrees that whoever has both results may learn what changed, or run with the data of the earlier run"
      )
    }
    let jobID = Array(job.utf8)
    let isRecipient = program.disclosures.contains { $0.recipients.contains(name) }
    let participant = Participant(
      prepared: self, name: name, identity: identity.identity, data: checked, mode: .party, memory: memory,
      job: jobID, inputDigest: earlier?.digest,
      leavesAfterInputs: local.rawValue >= computingCount && !isRecipient && attempts.limit == 1)
    // One port for all attempts.
    let listener: MeshListener? =
      if let endpoint = links[local.rawValue].endpoint { try MeshListener(endpoint: endpoint) } else { nil }
    let ending = try attempts.run(again: { (_, _) throws(ParleyError) in }) {
      (number) throws(ParleyError) -> Participant.Ending in
      var options = TransportOptions()
      options.allowsNewAttempt = number < attempts.limit
      let mesh = try TLSMesh(
        local: local, principals: links, computingCount: computingCount, key: identity.identity.signingKey,
        session: SessionName.hash(studyHash, Array("session".utf8) + jobID), study: studyHash, listener: listener,
        options: options)
      try mesh.connect(timeout: .seconds(patience)) { _ in }
      return try participant.run(over: mesh)
    }
    return try ProgramResult(self, ending, at: local)
  }

  /// `host:port`; an IPv6 address stands in brackets.
  private static func endpoint(_ text: String?) throws(ParleyError) -> MeshEndpoint? {
    guard let text else { return nil }
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (1...65_535).contains(port)
    else {
      throw ParleyError(
        .init("study/value"), "'\(text)' is no endpoint", remedy: "write host:port, such as example.org:7100")
    }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    return MeshEndpoint(host: host, port: port)
  }
}
