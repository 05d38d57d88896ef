public import ParleyBase

/// What a study that reads well may still lack for what is asked of it.
extension Study {
  /// A protection that an engine offers.
  public struct Offer: Sendable, Hashable {
    /// The protocol.
    public var sharing: Security.SharingProtocol
    /// Whom the protocol withstands.
    public var adversary: Security.Adversary
    /// How it verifies; nil where nothing is verified.
    public var verifier: Security.Verifier?
    /// An offer; see the properties.
    public init(
      _ sharing: Security.SharingProtocol, _ adversary: Security.Adversary, _ verifier: Security.Verifier? = nil
    ) {
      self.sharing = sharing
      self.adversary = adversary
      self.verifier = verifier
    }
    func fits(_ security: Security) -> Bool {
      sharing == security.sharing && adversary == security.adversary
        && (verifier == nil || security.verifier == .auto || verifier == security.verifier)
    }
    fileprivate var words: String {
      "protocol: \(sharing.rawValue) with adversary: \(adversary.rawValue)"
        + (verifier.map { " and verifier: \($0.rawValue)" } ?? "")
    }
  }

  /// Refuses a study whose security profile no engine at hand offers: `study/unsupported`.
  public func checkSupported(by offers: [Offer]) throws(ParleyError) {
    guard !offers.contains(where: { $0.fits(security) }) else { return }
    let same = offers.filter { $0.sharing == security.sharing && $0.adversary == security.adversary }
    guard same.isEmpty else {
      throw ParleyError(
        .studyUnsupported,
        "this version does not have the verifier '\(security.verifier.rawValue)' for a "
          + "\(security.adversary.rawValue) adversary with the \(security.sharing.rawValue) protocol",
        at: .init(file: file, line: security.line > 0 ? security.line : nil, item: "security"),
        remedy: "write \(same.map(\.words).joined(separator: "; or ")), or leave 'verifier' out")
    }
    // First what the same parties can have; of more protection than that, what it takes.
    let own = offers.filter { $0.sharing == security.sharing }
    let stronger = offers.first { $0.adversary == security.adversary && $0.sharing != security.sharing }
    let words = (own.isEmpty ? offers : own).map(\.words)
    let more =
      own.isEmpty ? nil : stronger.map { ", or let \($0.sharing.partyCount) parties compute with \($0.words)" }
    throw ParleyError(
      .studyUnsupported,
      "no engine of this version protects against a \(security.adversary.rawValue) adversary with the "
        + "\(security.sharing.rawValue) protocol",
      at: .init(file: file, line: security.line > 0 ? security.line : nil, item: "security"),
      remedy: words.isEmpty
        ? "install a version with an engine"
        : "if the weaker protection is enough for all parties, write \(words.joined(separator: "; or "))\(more ?? "")"
    )
  }

  /// Everything that a run between machines still needs: keys of all parties, and for every two that must talk
  /// at least one endpoint. Empty when nothing is missing. Trials on one machine need none of this.
  public func missingForParties() -> [ParleyError] {
    var problems: [ParleyError] = []
    for party in parties where party.key == nil {
      problems.append(
        ParleyError(
          .studyNotReady, "party '\(party.name)' has no key", at: place(party.line),
          remedy: "at that party, run 'parley identity create --name \(party.name)' and add the key it prints"))
    }
    for name in computing {
      guard let party = party(name), party.endpoint == nil else { continue }
      let unreachable = parties.filter { $0.name != name && $0.endpoint == nil }.map { "'\($0.name)'" }
      guard !unreachable.isEmpty else { continue }
      problems.append(
        ParleyError(
          .studyNotReady,
          "computing party '\(name)' has no endpoint and neither \(unreachable.count == 1 ? "has" : "have") "
            + "\(unreachable.joined(separator: ", ")), so neither side could call the other",
          at: place(party.line), remedy: "add 'endpoint: HOST:PORT' to '\(name)'"))
    }
    return problems
  }

  /// Refuses a name that is not a party of the study.
  public func requireParty(_ name: String) throws(ParleyError) -> Party {
    if let party = party(name) { return party }
    throw ParleyError(
      .studyUnknownName, "'\(name)' is not a party of this study", at: .init(file: file),
      remedy: Suggestion.remedy(for: name, among: parties.map(\.name)))
  }

  func place(_ line: Int) -> ParleyError.Place { .init(file: file, line: line > 0 ? line : nil) }
}
