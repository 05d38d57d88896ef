public import ParleyBase

extension Receipt {
  /// Checks that this very body is signed by everybody who has to sign it.
  ///
  /// Who takes part under which key and in which role, who holds which table, and what was computed are what `agreed`
  /// says, and the receipt must say the same. Only somebody who neither computes nor receives may have left before the
  /// end, so that all computing parties and recipients have signed.
  ///
  /// - Parameter agreed: what the parties of the study agree on, made from the study and from nothing of the receipt; its
  ///   job and attempt are not compared. Without it the receipt is checked against its own words, which proves
  ///   nothing about names, roles or keys: anybody can make such a receipt.
  /// - Throws: `data/receipt`.
  public func verify(agreed: SessionDescription? = nil, _ verifier: Verifier) throws(ParleyError) {
    guard body.format == Self.format else {
      throw Self.refusal("it has another format (\(body.format.prefix(40)))")
    }
    try checkForm()
    if let agreed { try compare(with: agreed) }
    try checkDepartures()
    let gone = Set((body.departures ?? []).map(\.party))
    let signers = body.principals.filter { !$0.leftEarly && !gone.contains($0.index) }
    guard body.principals.allSatisfy({ !$0.leftEarly || !($0.isComputing || $0.isRecipient) }) else {
      throw Self.refusal("a principal left early that could not")
    }
    guard signers.contains(where: \.isComputing), signers.contains(where: \.isRecipient) else {
      throw Self.refusal("nobody in it computes, or nobody receives")
    }
    guard signatures.map(\.party) == signers.map(\.index), body.reports.map(\.party) == signers.map(\.index) else {
      throw Self.refusal("signatures or reports are missing or out of order")
    }
    for (report, principal) in zip(body.reports, signers)
    where (report.outputs != nil) != principal.isRecipient
      || report.measured.sentBytes.count != body.principals.count
    {
      throw Self.refusal("the report of \(principal.name) does not fit its role", principal.name)
    }
    guard body.differences == Receipt.differences(body.reports, names: body.principals.map(\.name)) else {
      throw Self.refusal("the differences it lists are not those of its reports")
    }
    let message = try signedBytes()
    for (principal, signature) in zip(signers, signatures) {
      guard let key = bytes(hexadecimal: principal.identity),
        let value = bytes(hexadecimal: signature.signature), verifier(key, message, value)
      else { throw Self.refusal("the signature of \(principal.name) is not by its key", principal.name) }
    }
  }

  /// Computing parties only, and no more than the parties have agreed that may vanish.
  private func checkDepartures() throws(ParleyError) {
    guard let departures = body.departures else { return }
    let parties = departures.map(\.party)
    let agreed = body.parameters.first { $0.name == SessionRoster.parameter }.flatMap { Int($0.value) } ?? 0
    guard !parties.isEmpty, parties.count <= agreed, parties == Array(Set(parties)).sorted(),
      parties.allSatisfy({ body.principals.indices.contains($0) && body.principals[$0].isComputing })
    else { throw Self.refusal("parties have vanished in it that could not") }
  }

  /// Hashes are hashes, and principals are numbered.
  private func checkForm() throws(ParleyError) {
    for (name, text) in [
      ("session", body.session), ("study", body.study), ("program", body.program), ("statement", body.disclosure),
    ] where bytes(hexadecimal: text)?.count != 32 {
      throw Self.refusal("its \(name) is no hash of 64 hexadecimal digits")
    }
    guard bytes(hexadecimal: body.job) != nil else { throw Self.refusal("its job is not hexadecimal") }
    guard body.principals.map(\.index) == Array(body.principals.indices) else {
      throw Self.refusal("its principals are not in order")
    }
    for report in body.reports where report.outputs.map({ bytes(hexadecimal: $0)?.count != 32 }) ?? false {
      throw Self.refusal("a commitment in it is no hash")
    }
  }

  private func compare(with agreed: SessionDescription) throws(ParleyError) {
    func require(_ isSame: Bool, _ what: String) throws(ParleyError) {
      guard isSame else { throw Self.refusal("it names another \(what) than the study", version: body.version) }
    }
    try require(body.study == hexadecimal(agreed.studyHash), "study")  // public: printed
    let expected = agreed.principals.map { principal in
      Principal(
        index: principal.index.rawValue, name: principal.name, identity: hexadecimal(principal.identity),
        isComputing: agreed.isComputing(principal.index), isHolder: agreed.isHolder(principal.index),
        isRecipient: principal.isRecipient, leftEarly: false)
    }
    let stated = body.principals.map { principal in
      var principal = principal
      principal.leftEarly = false
      return principal
    }
    guard stated.map(\.identity) == expected.map(\.identity) else {
      throw Self.refusal("it names other keys than the study")
    }
    guard stated == expected else { throw Self.refusal("it names other parties or roles than the study") }
    try require(body.program == hexadecimal(agreed.programHash), "program")  // public: printed
    try require(body.disclosure == hexadecimal(agreed.disclosureHash), "disclosure statement")  // public: printed
    try require(body.protocolID == agreed.protocolID, "protocol")
    try require(
      body.parameters
        == SessionPlan(description: agreed, mode: body.mode).description.parameters.map {
          .init(name: $0.name, value: $0.value)
        }, "set of parameters")
    try compare(with: agreed.tables)
  }

  private func compare(with agreed: [SessionDescription.Table]) throws(ParleyError) {
    guard body.tables.map(\.name) == agreed.map(\.name) else {
      throw Self.refusal("it names other tables than the study")
    }
    for (table, known) in zip(body.tables, agreed) {
      guard table.parts.map(\.holder) == known.holders.map(\.rawValue), table.isPadded == (known.padTo != nil)
      else {
        throw Self.refusal("table \(table.name) has other holders than in the study, or is padded otherwise")
      }
      var rest = known.maximumRows
      for part in table.parts {
        guard (0...max(rest, 0)).contains(part.rows), known.padTo.map({ $0 == part.rows }) ?? true else {
          throw Self.refusal("table \(table.name) has numbers of rows that the study does not allow")
        }
        rest -= part.rows
      }
    }
  }

  private static func refusal(_ what: String, _ item: String? = nil, version: String? = nil) -> ParleyError {
    let tool =
      version.map { ", and check it with the version of parley that ran the study (\($0.prefix(40)))" } ?? ""
    return ParleyError(
      .init("data/receipt"), "the receipt does not hold: \(what)", at: item.map { .init(item: $0) },
      remedy: "get the receipt from a party that took part, unchanged" + tool)
  }
}
