package import ParleyBase

/// The control messages of the session layer, in the order in which they cross a link. Numbers up to 15 belong to
/// this layer.
package enum ControlStep {
  package static let hello = StepID.control(0)
  package static let helloRoll = StepID.control(1)
  package static let sessionID = StepID.control(2)
  package static let seed = StepID.control(3)
  package static let inputsReceived = StepID.control(4)
  package static let clearToOpen = StepID.control(5)
  package static let report = StepID.control(6)
  package static let reportRoll = StepID.control(7)
  package static let signature = StepID.control(8)
  package static let signatureRoll = StepID.control(9)

  /// What a step is for, in words for people; `nil` for steps of the program.
  package static func name(_ step: StepID) -> String? {
    switch step {
    case hello: "saying hello"
    case helloRoll: "comparing what everybody said"
    case sessionID: "comparing the session id"
    case seed: "agreeing on keys"
    case inputsReceived: "acknowledging the inputs"
    case clearToOpen: "confirming that all checks passed"
    case report: "exchanging reports"
    case reportRoll: "comparing reports"
    case signature: "signing the receipt"
    case signatureRoll: "comparing signatures"
    default: nil
    }
  }
}
