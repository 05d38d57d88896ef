package import ParleyBase
internal import ParleyNetwork

/// The control messages of the session layer, in the order in which they cross a link. Numbers up to 15 belong to
/// this layer.
package enum ControlStep {
  /// What everybody says first.
  package static let hello = StepID.control(0)
  /// All hellos, from each computing party.
  package static let helloRoll = StepID.control(1)
  /// The session id, over every link.
  package static let sessionID = StepID.control(2)
  /// Key material of a pair.
  package static let seed = StepID.control(3)
  /// Of the key of a group, by its number among the groups.
  package static func groupCommitment(_ number: Int) -> StepID { StepID.control(15, sub: 2 * number) }
  /// What was committed to.
  package static func groupOpening(_ number: Int) -> StepID { StepID.control(15, sub: 2 * number + 1) }
  /// That a computing party has accepted; to those who do not compute.
  package static let ready = StepID.control(10)
  /// That all inputs have arrived and been compared.
  package static let inputsReceived = StepID.control(4)
  /// That a computing party's checks have passed.
  package static let clearToOpen = StepID.control(5)
  /// To recipients that do not compute, before the clearance: which requirements of the program are violated.
  package static let requirements = StepID.control(14)
  /// Instead of the clearance: the verdicts end the run.
  package static let verdictsRefuse = StepID.control(11)
  /// What each computing party has signed before anything is opened, and as each flight of openings begins.
  package static let statement = StepID.control(12)
  /// What was signed as a flight of openings begins.
  package static let openingRecord = StepID.control(13)
  /// One principal's report.
  package static let report = StepID.control(6)
  /// All reports, from each computing party.
  package static let reportRoll = StepID.control(7)
  /// One principal's signature on the receipt.
  package static let signature = StepID.control(8)
  /// All signatures, from each computing party.
  package static let signatureRoll = StepID.control(9)
  /// Of stores of correlations, before the first input. (16 and 17 are the engines'.)
  package static let storeHello = StepID.control(18)
  /// What the stores agree to take.
  package static let storeAgreement = StepID.control(19)
  /// Of checkpoints: at a barrier, and where a run is resumed.
  package static let checkpointWritten = StepID.control(20)
  package static let checkpointMarked = StepID.control(21)
  package static let checkpointHello = StepID.control(22)
  package static let checkpointAgreement = StepID.control(23)

  /// Where computing parties may vanish, who is there at the end: from computing parties to all others. (24 is the mesh's.)
  package static let roster = StepID.control(25)

  /// What a step is for, in words for people; `nil` for steps of the program.
  package static func name(_ step: StepID) -> String? {
    switch step.sub(0) {
    case hello: "the greeting"
    case helloRoll: "the comparison of greetings"
    case sessionID: "the session id"
    case seed, groupCommitment(0): "the keys"
    case ready: "everybody's agreement"
    case inputsReceived: "the acknowledgement of the inputs"
    case clearToOpen: "the clearance to open"
    case requirements: "whether the data meet the requirements"
    case verdictsRefuse: "the end of a run whose data are refused"
    case statement: "the statements before the openings"
    case openingRecord: "the signatures on the openings"
    case report: "the reports"
    case reportRoll: "the comparison of reports"
    case signature: "the signatures"
    case signatureRoll: "the comparison of signatures"
    case storeHello: "the state of the store of correlations"
    case storeAgreement: "the agreement on stored correlations"
    case checkpointWritten: "the others' checkpoints at a barrier"
    case checkpointMarked: "the mark of a barrier"
    case checkpointHello: "what the others can resume from"
    case checkpointAgreement: "the agreement on a checkpoint"
    case StepID.roster: "who is still there"
    case roster: "who is there at the end"
    default: nil
    }
  }
}
