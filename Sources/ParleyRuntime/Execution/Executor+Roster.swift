internal import ParleyBase
internal import ParleyEngine
internal import ParleyNetwork
internal import ParleyProgram

/// Engines that go on without some of the computing parties (docs/protocols/roster.md).
extension Executor {
  /// The engine gets the roster of the session; in a run without a session, one of its own.
  func joinRoster() throws(ParleyError) {
    let tolerated = engine.descriptor.toleratedDepartures
    if let hooks {
      guard (hooks.roster?.tolerated ?? 0) == tolerated else {
        throw ParleyError(
          .invariant,
          "the session goes on without \(hooks.roster?.tolerated ?? 0) parties at most, its engine without \(tolerated)"
        )
      }
      roster = hooks.roster
    } else if tolerated > 0 {
      roster = RosterAgreement(links: mesh, parties: engine.descriptor.parties, tolerated: tolerated)
    }
    if let roster { engine.follow(roster) }
  }

  /// Nobody else has the rows of a holder that leaves before they are here: then this party cannot go on.
  static func withoutInputs(_ error: ParleyError) -> ParleyError {
    guard error.isOfRoster else { return error }
    return ParleyError(
      .linkLost, "a computing party that holds data has left before all of its rows were here",
      origin: error.origin,
      remedy: "find out what became of it, then start the session again")
  }
}
