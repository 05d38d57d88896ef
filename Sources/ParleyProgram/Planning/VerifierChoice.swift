/// Which verifier a malicious program is run with, and why: words that follow its name.
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
    case (.proofs, .some, _): return VerifierChoice(.proofs, "as the study asks for")
    case (.macs, _, .some): return VerifierChoice(.macs, "as the study asks for")
    case (nil, .some, nil): return VerifierChoice(.proofs, "the only verifier at hand")
    case (nil, nil, .some): return VerifierChoice(.macs, "the only verifier at hand")
    case (nil, .some(let proofs), .some(let macs)):
      let (a, b) = (proofs.seconds(on: network, calibration), macs.seconds(on: network, calibration))
      let (method, other): (VerifierDescriptor.Method, VerifierDescriptor.Method) =
        a <= b ? (.proofs, .macs) : (.macs, .proofs)
      return VerifierChoice(
        method,
        "because on \(network.name) the run is predicted to take \(Self.words(min(a, b))), and \(Self.words(max(a, b))) with \(other.rawValue)"
      )
    default: return nil
    }
  }

  private static func words(_ seconds: Double) -> String {
    let milliseconds = (seconds * 1e4).rounded() / 10
    return "\(milliseconds) ms"
  }
}
