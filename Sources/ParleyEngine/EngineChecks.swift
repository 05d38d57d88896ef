package import ParleyBase
package import ParleyNetwork
package import ParleyProgram

/// What an engine that trusts its peers has no need of: comparing inputs, moving proofs along with the flights
/// of the computation, and committing to what it opens. The executor calls these around every flight. An engine without
/// ledgers need not know of passes, and one without correlated randomness not of its preparation.
extension Engine {
  package var shareCodec: (any ShareCodec<Arith, Plane>)? { nil }
  package func prepare(_ demand: CorrelationDemand, flight: Int) throws(ParleyError) {
    guard demand.isEmpty else {
      throw ParleyError(.correlations, "the engine \(descriptor.name) has no correlated randomness to prepare")
    }
  }
  package func correlations(of exchange: Exchange<Arith, Plane>) -> [(kind: CorrelationKind, count: Int)] { [] }
  package var unusedCorrelations: Int { 0 }
  package func follow(_ roster: RosterAgreement) {}
  package func startInputComparison() throws(ParleyError) {}
  package func finishInputComparison() throws(ParleyError) {}
  package func sendChecks() throws(ParleyError) {}
  package func receiveChecks() throws(ParleyError) {}
  package var publicDigest: [UInt8] { [] }
  package var hasChallenged: Bool { false }
  package func begin(pass numbers: Range<Int>) {}
  package func endPass() {}
  package func destroy() {}
  package func commit(to openings: [PlannedOpening<Arith, Plane>]) throws(ParleyError) -> [StatedShare]? { nil }
  package func restate(_ openings: [PlannedOpening<Arith, Plane>]) throws(ParleyError) -> [StatedShare] { [] }
  package func adopt(_ agreed: AgreedShares) {}
}

extension OutputReceiver {
  package func adopt(_ agreed: AgreedShares) {}
}
