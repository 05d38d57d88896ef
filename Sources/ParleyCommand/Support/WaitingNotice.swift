import Foundation
import Parley
import ParleyBase

/// Says for whom a party waits: one line that is kept up to date on a terminal; in a file a line when somebody came or
/// went, else ever more seldom.
final class WaitingNotice {
  private let log: Log
  /// Seconds until the party gives up.
  private let limit: Int
  private let isTerminal: Bool
  private let start: ContinuousClock.Instant
  private var named: [String] = []
  private var nextLine = 0.0

  init(
    _ log: Log, limit: Int, isTerminal: Bool = Console.isTerminal(STDERR_FILENO),
    start: ContinuousClock.Instant = .now
  ) {
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
    if isTerminal { return log.progress(text) }
    guard names != named || seconds >= nextLine else { return }
    named = names
    nextLine = max(2 * seconds, seconds + 10)
    log.info(text)
  }
}
