package import ParleyBase

/// How often a party takes part in one study by itself (docs/protocols/session.md#attempts).
///
/// A session that an outage ended, or a party that left, is followed by another: with a new session id, new keys and
/// new shares of the same data. Nobody who is still there has to be started again.
///
/// What may be repeated is decided where the session ended, from what was noticed there (`ParleyError.Origin.End`): never
/// a failed check, a malformed message, a refusal, or an end after something may have been opened. A session that ended
/// after the first challenge of a check has been counted before it is repeated, so the cap on those holds over all.
package struct Attempts: Sendable, Hashable {
  /// What `parley party` makes when it is not told otherwise.
  package static let standard = 3
  /// More are refused.
  package static let most = 100

  /// Attempts that are made at most, the first included.
  package let limit: Int

  /// A limit from 1 to ``most``.
  ///
  /// - Throws: `usage/arguments`.
  package init(limit: Int) throws(ParleyError) {
    guard (1...Self.most).contains(limit) else {
      throw ParleyError(
        .usage, "\(limit) is no number of attempts",
        remedy: "give a number from 1 (never try again by itself) to \(Self.most)")
    }
    self.limit = limit
  }

  /// Runs sessions until one ends well, or in a way that is not repeated.
  ///
  /// - Parameters:
  ///   - again: what ended a session that is about to be repeated, and its number, from 1.
  ///   - session: makes links of its own and runs one session over them; told its number.
  package func run<Ending>(
    again: (Int, ParleyError) throws(ParleyError) -> Void, session: (Int) throws(ParleyError) -> Ending
  ) throws(ParleyError) -> Ending {
    var number = 1
    while true {
      do throws(ParleyError) {
        return try session(number)
      } catch {
        guard let end = error.origin?.end else { throw error }
        if number == limit, limit > 1 {
          var error = error
          error.message += "; this was attempt \(number) of \(limit)"
          throw error
        }
        guard end.isRepeatable, number < limit else { throw error }
        try again(number, error)
        number += 1
      }
    }
  }
}
