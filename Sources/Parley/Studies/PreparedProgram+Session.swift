internal import ParleyBase
internal import ParleyCrypto
internal import ParleyEngine
internal import ParleyProgram
package import ParleyRuntime

extension PreparedProgram {
  /// What all principals of a run must agree on, and what a receipt of one is compared with.
  package func sessionDescription(job: [UInt8]) -> SessionDescription {
    let recipients = Set(program.disclosures.flatMap(\.recipients))
    return SessionDescription(
      protocolID: suite.protocolID,
      version: PreparedStudy.version, programHash: programHash, studyHash: studyHash,
      disclosureHash: statementHash,
      parameters: [
        .init("word", "64"), .init("minimum-cell", String(minimumCell)),
        .init("lowering", hexadecimal(loweredHash)),
      ]
        + (descriptor.verifier.map { [.init("verifier", $0.method.rawValue)] } ?? []),
      principals: principals.enumerated().map { index, principal in
        .init(
          index: PartyIndex(index), name: principal.name, identity: Array((principal.key?.text ?? "").utf8),
          isRecipient: recipients.contains(principal.name))
      },
      computingCount: computingCount,
      tables: tables.map { table in
        .init(
          name: table.name, holders: table.holders.map { self.index(of: $0)! },
          maximumRows: table.maximumRows, padTo: table.padTo)
      }, jobID: job)
  }
}
