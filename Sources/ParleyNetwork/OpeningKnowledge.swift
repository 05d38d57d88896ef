/// What a party knows of whether its session has opened anything. What it is told to do next depends on that: who starts
/// again with other data after a release gives away what changed.
package enum OpeningKnowledge: Sendable, Hashable {
  /// Nothing was opened, and nothing will be: this party's clearance, or its data, would have been needed.
  case nothing
  /// Nothing, as this computing party says, which has ended the session before it cleared anything.
  case nothingAsTold(by: String)
  /// The others may have gone on without this party.
  case unknown
  /// This party has what was opened to it, or has done its part of the openings.
  case released

  /// For the end of a message about a session that ended.
  package var words: String {
    switch self {
    case .nothing: "nothing was released"
    case .nothingAsTold(let name): "nothing was released, as \(name) says"
    case .released: "results were released"
    case .unknown: "whether anything was released is not known here"
    }
  }
  /// How to find out; nil where it is known.
  package var question: String? {
    guard self == .unknown else { return nil }
    return
      "a recipient that has a result or a receipt of this session, or a computing party whose 'parley state' lists it as "
      + "released, can tell; before that do not start it again with other data"
  }
}
