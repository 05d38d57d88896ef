/// Which verifier a malicious program is run with, and why: words that follow its name.
package struct VerifierChoice: Sendable, Hashable {
  /// What was chosen.
  package var method: VerifierDescriptor.Method
  /// Why, in words that follow the name of the method.
  package var reason: String

  /// Macs take several times the memory and bytes of proofs for a product, so they must save a fifth of the time.
  private static let shareOfMacs = 0.8

  /// A choice that was made elsewhere.
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
      let areMacsFaster = b < shareOfMacs * a
      let (method, other): (VerifierDescriptor.Method, VerifierDescriptor.Method) =
        areMacsFaster ? (.macs, .proofs) : (.proofs, .macs)
      let (own, others) = areMacsFaster ? (b, a) : (a, b)
      let memory = !areMacsFaster && b < a ? ", which need more memory and must save a fifth" : ""
      return VerifierChoice(
        method,
        "because on \(network.name) the run is predicted to take \(Self.words(own)), and \(Self.words(others)) with \(other.rawValue)\(memory)"
      )
    default: return nil
    }
  }

  private static func words(_ seconds: Double) -> String {
    let milliseconds = (seconds * 1e4).rounded() / 10
    return "\(milliseconds) ms"
  }
}
