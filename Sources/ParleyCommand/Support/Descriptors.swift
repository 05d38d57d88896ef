import Foundation
import ParleyBase
import ParleyTransport

/// How many files and connections may be open at once (`ulimit -n`). The libraries below end the process where there are too few,
/// or wait for ever, so it is looked at before anything is opened.
enum Descriptors {
  /// For what reads and writes files.
  private static let forFiles = 16
  /// For what talks to other parties, or starts them: with room for callers without a key of the study.
  private static let forLinks = 64
  /// What starts parties hands some of its own on to them.
  private static let forChildren = 8
  /// Each party of a larger study.
  private static let perParty = 4

  /// At the start of the program.
  ///
  /// - Throws: `network/descriptors`.
  static func requireForCommand(_ command: String) throws(ParleyError) {
    let needed =
      switch command {
      case "demo", "run", "bench": forLinks + forChildren
      case "party", "doctor", "bench-party": forLinks
      default: forFiles
      }
    try require(needed, command.isEmpty ? "parley" : "'parley \(command)'")
  }

  /// Once the study is known.
  ///
  /// - Throws: `network/descriptors`.
  static func require(parties: Int) throws(ParleyError) {
    try require(forLinks / 2 + perParty * parties, "a study of \(counted(parties, "party", "parties"))")
  }

  /// Before a process is started: what starts it closes every open descriptor in the new one, and cannot name those that were
  /// inherited from before the limit was lowered.
  ///
  /// - Throws: `network/descriptors`.
  static func requireForStarting(_ what: String) throws(ParleyError) {
    var limits = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits) == 0 else { return }
    let limit = Int(clamping: limits.rlim_cur)
    let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
    guard let largest = open.compactMap({ Int($0) }).max(), largest >= limit else { return }
    throw ParleyError(
      .noDescriptors,
      "\(what) cannot be started: file descriptor \(largest) was open before the limit of open files became \(limit)",
      remedy:
        "raise it with 'ulimit -n \(largest + 1)' (or more) in this shell, or close the descriptor there with 'exec \(largest)>&-', and start again"
    )
  }

  /// - Parameter count: descriptors besides the three of input, output and messages.
  private static func require(_ count: Int, _ what: String) throws(ParleyError) {
    var limits = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits) == 0 else { return }
    let limit = Int(clamping: limits.rlim_cur)
    var free = 0
    var number: Int32 = 3
    while free < count, number < limit {
      if fcntl(number, F_GETFD) < 0 { free += 1 }
      number += 1
    }
    guard free < count else { return }
    let needed = limit + count - free
    throw ParleyError(
      .noDescriptors,
      "\(what) needs room for \(needed) open files and connections, and the limit here is \(limit)",
      remedy:
        "raise it with 'ulimit -n \(needed)' (or more) in this shell, or LimitNOFILE= of a systemd service, and start again"
    )
  }
}
