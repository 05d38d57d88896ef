/// Which verifier a malicious program is run with, and why, in one sentence.
package struct VerifierChoice: Sendable, Hashable {
  package var method: VerifierDescriptor.Method
  package var reason: String

  package init(_ method: VerifierDescriptor.Method, _ reason: String) {
    self.method = method
    self.reason = reason
  }

  /// - Parameters:
  ///   - requested: what the study asks for; nil leaves it to the planner.
  ///   - proofs, macs: what the same run costs with either; nil where a verifier is not at hand.
  /// - Returns: nil where what was asked for, or any at all, is not at hand.
  package static func choose(
    requested: VerifierDescriptor.Method? = nil, proofs: Cost?, macs: Cost?, on network: NetworkProfile,
    _ calibration: Calibration = .typical
  ) -> VerifierChoice? {
    switch (requested, proofs, macs) {
    case (.proofs, .some, _): return VerifierChoice(.proofs, "the study asks for proofs")
    case (.macs, _, .some): return VerifierChoice(.macs, "the study asks for macs")
    case (nil, .some, nil): return VerifierChoice(.proofs, "proofs are the only verifier of this version")
    case (nil, nil, .some): return VerifierChoice(.macs, "macs are the only verifier at hand")
    case (nil, .some(let proofs), .some(let macs)):
      let (a, b) = (proofs.seconds(on: network, calibration), macs.seconds(on: network, calibration))
      let figures =
        "on \(network.name) it is predicted to take \(Self.words(min(a, b))), the other \(Self.words(max(a, b)))"
      return a <= b
        ? VerifierChoice(.proofs, "proofs, because \(figures)") : VerifierChoice(.macs, "macs, because \(figures)")
    default: return nil
    }
  }

  private static func words(_ seconds: Double) -> String {
    let milliseconds = (seconds * 1e4).rounded() / 10
    return "\(milliseconds) ms"
  }
}
