internal import ParleyBase
internal import ParleyNetwork

extension Receipt.Body {
  /// The same at every principal: everything in it was agreed in the handshake or in the exchange of reports.
  init(_ session: EstablishedSession, mode: Receipt.Mode, reports: [PartyReport]) {
    let description = session.description
    self.init(
      format: Receipt.format, session: hexadecimal(session.id), study: hexadecimal(description.studyHash),
      program: hexadecimal(description.programHash), disclosure: hexadecimal(description.disclosureHash),
      protocolID: description.protocolID, version: description.version, job: hexadecimal(description.jobID),
      attempt: description.attempt, mode: mode, outcome: .completed,
      parameters: description.parameters.map { .init(name: $0.name, value: $0.value) },
      principals: description.principals.map { principal in
        Receipt.Principal(
          index: principal.index.rawValue, name: principal.name, identity: hexadecimal(principal.identity),
          isComputing: description.isComputing(principal.index), isHolder: description.isHolder(principal.index),
          isRecipient: principal.isRecipient, leftEarly: session.leaving.contains(principal.index))
      },
      tables: zip(description.tables, session.rows).map { table, rows in
        Receipt.Table(
          name: table.name,
          parts: zip(table.holders, rows).map { Receipt.Table.Part(holder: $0.rawValue, rows: $1) },
          isPadded: table.padTo != nil)
      },
      departures: Receipt.departures(of: session.roster), reports: reports,
      differences: Receipt.differences(reports, names: description.principals.map(\.name)))
  }
}

extension Receipt {
  /// Absent, and not empty, where everybody has stayed: then a receipt is what it was before parties could vanish.
  fileprivate static func departures(of roster: Roster) -> [Departure]? {
    guard roster.epoch > 0 else { return nil }
    return roster.departures.sorted { $0.key < $1.key }.map { party, departure in
      Departure(
        party: party.rawValue, step: departure.step.description, isAnnounced: departure.reason == .left)
    }
  }

  /// What differs between plan and run, in words; time is not compared, since it is an estimate.
  ///
  /// - Parameter names: of the principals, by index.
  package static func differences(_ reports: [PartyReport], names: [String]) -> [String] {
    var lines: [String] = []
    func name(_ index: Int) -> String {
      names.indices.contains(index) ? names[index] : PartyIndex(index).description
    }
    // Rounds are the longest chain of the whole session; a principal that sends early sees a shorter one.
    let rounds = reports.map(\.measured.rounds).max() ?? 0
    if let planned = reports.lazy.compactMap(\.predicted?.rounds).first(where: { $0 != rounds }) {
      lines.append("\(planned) rounds planned, \(rounds) measured")
    }
    for report in reports {
      guard let predicted = report.predicted else { continue }
      let measured = report.measured
      for (index, (planned, sent)) in zip(predicted.sentBytes, measured.sentBytes).enumerated()
      where planned != sent {
        lines.append("\(name(report.party)) to \(name(index)): \(planned) bytes planned, \(sent) sent")
      }
      if let planned = predicted.peakMemoryBytes, let used = measured.peakMemoryBytes, used > planned {
        lines.append("\(name(report.party)): \(planned) bytes of memory planned at most, \(used) used")
      }
    }
    return lines
  }

  /// Exchanges reports and signatures among those that stayed. Two roll calls, so that everybody signs one body
  /// and ends with all signatures; holders get those of other holders through the computing parties.
  ///
  /// - Parameter heard: called when the first report of another is there, so that the computing parties have opened.
  static func exchange(
    _ session: EstablishedSession, report: PartyReport, mode: Mode, mesh: any MessageLinks,
    sign: ([UInt8]) throws -> [UInt8], verify: Verifier, heard: () -> Void = {}
  ) throws(ParleyError) -> Receipt {
    let signers = session.staying
    let description = session.description
    let rollCall = RollCall(description, participants: signers, mesh: mesh)
    var out = CanonicalWriter()
    report.write(to: &out)
    let raw = try rollCall.exchange(
      out.bytes, subject: "report", direct: ControlStep.report, roll: ControlStep.reportRoll,
      limit: PartyReport.limit, heard: heard)
    var reports: [PartyReport] = []
    for (party, bytes) in zip(signers, raw) {
      do throws(ParleyError) {
        let report = try PartyReport.read(bytes, party: party, principals: description.principals.count)
        guard (report.outputs != nil) == description.isRecipient(party) else {
          throw ParleyError(.protocolViolation, "malformed message: a commitment that is missing or too many")
        }
        reports.append(report)
      } catch { throw error.noticed(party, ControlStep.report) }
    }
    var receipt = Receipt(body: Body(session, mode: mode, reports: reports), signatures: [])
    let message = try receipt.signedBytes()
    let own: [UInt8]
    do { own = try sign(message) } catch {
      throw error as? ParleyError
        ?? ParleyError(
          .init("identity/signing"), "the receipt could not be signed: \(error)",
          remedy: "check this party's identity key")
    }
    let signatures = try rollCall.exchange(
      own, subject: "signature", direct: ControlStep.signature, roll: ControlStep.signatureRoll,
      limit: signatureLimit)
    for (party, signature) in zip(signers, signatures) {
      guard verify(description.principals[party.rawValue].identity, message, signature) else {
        throw ParleyError(
          .protocolViolation, "\(description.label(party)) signed something else than this receipt"
        ).noticed(party, ControlStep.signature)
      }
      receipt.signatures.append(Signature(party: party.rawValue, signature: hexadecimal(signature)))
    }
    return receipt
  }

  /// Room for a classical signature beside ML-DSA-87.
  private static var signatureLimit: Int { 8 << 10 }
}
