import Foundation
import Parley
import ParleyBase

/// Says for whom a party waits: one line that is kept up to date on a terminal; in a file a line when somebody came or
/// went, and where it may take long, ever more seldom another one.
final class WaitingNotice {
  private let log: Log
  /// Seconds until the party gives up.
  private let limit: Int
  private let isTerminal: Bool
  private let repeats: Bool
  private let start: ContinuousClock.Instant
  private var named: [String] = []
  private var nextLine = 0.0
  private var hasLine = false

  init(
    _ log: Log, limit: Int, isTerminal: Bool = Console.isTerminal(STDERR_FILENO), repeats: Bool = true,
    start: ContinuousClock.Instant = .now
  ) {
    self.repeats = repeats
    self.log = log
    self.limit = limit
    self.isTerminal = isTerminal
    self.start = start
  }

  /// Called every few seconds with the parties that are missing.
  func update(_ names: [String], now: ContinuousClock.Instant = .now) {
    let seconds = start.duration(to: now).seconds
    let text =
      "waiting for \(names.joined(separator: ", ")) (\(names.count) missing, \(Int(seconds)) of \(limit) s)"
    if isTerminal {
      hasLine = true
      return log.progress(text)
    }
    guard names != named || repeats && seconds >= nextLine else { return }
    named = names
    nextLine = max(2 * seconds, seconds + 10)
    log.info(text)
  }

  /// What comes next, on whatever stream, stands where the line was.
  func end() {
    if hasLine { log.progress("") }
    hasLine = false
  }
}
