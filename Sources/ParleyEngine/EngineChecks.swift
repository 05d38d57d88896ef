package import ParleyBase

/// What an engine that trusts its peers has no need of: comparing inputs, and moving proofs along with the flights
/// of the computation. The executor calls these around every flight.
extension Engine {
  package func startInputComparison() throws(ParleyError) {}
  package func finishInputComparison() throws(ParleyError) {}
  package func sendChecks() throws(ParleyError) {}
  package func receiveChecks() throws(ParleyError) {}
  package var publicDigest: [UInt8] { [] }
  package func classify(_ error: ParleyError) -> ParleyError { error }
  package func destroy() {}
}
