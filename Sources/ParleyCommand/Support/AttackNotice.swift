import Foundation
import Parley

/// Says on a terminal how far an attack is and how long it still takes: one line that is kept up to date. Elsewhere nothing.
final class AttackNotice {
  private let trials: Int
  private let isTerminal: Bool
  private let start: ContinuousClock.Instant
  private let show: (String) -> Void
  /// Of the last line.
  private var shown: ContinuousClock.Instant?

  init(
    trials: Int, isTerminal: Bool = Console.isTerminal(STDERR_FILENO), start: ContinuousClock.Instant = .now,
    show: @escaping (String) -> Void = { Log(level: .info, prefix: "").progress($0) }
  ) {
    self.trials = trials
    self.isTerminal = isTerminal
    self.start = start
    self.show = show
  }

  /// Called after every trial; two lines a second at most.
  func update(done: Int, findings: Int, now: ContinuousClock.Instant = .now) {
    guard isTerminal, done < trials, (shown ?? start).duration(to: now) >= .milliseconds(500) else { return }
    shown = now
    let left = start.duration(to: now).seconds / Double(max(done, 1)) * Double(trials - done)
    show("trial \(done) of \(trials), \(findings) found, about \(Self.time(left)) left")
  }

  /// What comes next stands where the line was.
  func end() {
    if shown != nil { show("") }
  }

  /// Seconds, minutes or hours, rounded up.
  static func time(_ seconds: Double) -> String {
    switch seconds.rounded(.up) {
    case ..<100: "\(Int(seconds.rounded(.up))) s"
    case ..<6000: "\(Int((seconds / 60).rounded(.up))) min"
    default: "\(Int((seconds / 3600).rounded(.up))) h"
    }
  }
}
