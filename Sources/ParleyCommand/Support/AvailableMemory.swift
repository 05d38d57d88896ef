import Foundation
import ParleyBase

/// How much memory there is, so that a run that would not fit is refused before it starts.
enum AvailableMemory {
  /// Bytes that a run may use, for machines that do not tell or that keep memory for something else.
  static let variable = "PARLEY_MEMORY_LIMIT"

  /// - Throws: `plan/memory` when `bytes` are more than there is.
  static func require(_ bytes: Int, for what: String) throws(ParleyError) {
    guard let available = try available(), bytes > available else { return }
    throw ParleyError(
      .init("plan/memory"),
      "\(what) would need \(Console.bytes(bytes)) of memory, and \(Console.bytes(available)) are available",
      remedy: "use fewer rows or a machine with more memory; --ignore-memory starts all the same")
  }

  /// Bytes of address space without which the libraries below end the process as if it had a fault (`ulimit -v`).
  private static let leastAddressSpace = 512 << 20

  /// At the start of the program.
  ///
  /// - Throws: `plan/memory`
  static func requireAddressSpace() throws(ParleyError) {
    guard let limit = addressSpace(), limit < leastAddressSpace else { return }
    throw ParleyError(
      .init("plan/memory"),
      "the address space of a process is limited to \(Console.bytes(limit)) here, and parley cannot work with less than \(Console.bytes(leastAddressSpace))",
      remedy:
        "raise it with 'ulimit -v \(leastAddressSpace >> 10)' (or more, or unlimited) in this shell, or LimitAS= of a systemd service, and start again"
    )
  }

  /// - Throws: `plan/memory` when `bytes` are more than this process may still take, or than there is.
  static func requireHere(_ bytes: Int, for what: String) throws(ParleyError) {
    try require(bytes, for: what)
    guard let limit = addressSpace() else { return }
    let left = max(0, limit - used())
    guard bytes > left else { return }
    throw ParleyError(
      .init("plan/memory"),
      "\(what) would need \(Console.bytes(bytes)) of memory, and the limit of its address space leaves \(Console.bytes(left))",
      remedy:
        "raise the limit (ulimit -v, or LimitAS= of a systemd service), or use fewer rows; --ignore-memory starts all the same"
    )
  }

  /// Nil where it has no limit.
  private static func addressSpace() -> Int? {
    var limits = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limits) == 0, limits.rlim_cur < 1 << 60 else {
      return nil
    }
    return Int(limits.rlim_cur)
  }
  /// Address space that this process has taken.
  private static func used() -> Int {
    for line in (read("/proc/self/status") ?? "").split(separator: "\n") where line.hasPrefix("VmSize:") {
      return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 << 10 } ?? 0
    }
    return 0
  }

  /// Nil where the system does not tell.
  static func available(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(ParleyError) -> Int? {
    if let text = environment[variable] {
      guard let bytes = Int(text), bytes >= 0 else {
        throw ParleyError(
          .usage, "\(variable)=\(text) is no number of bytes", remedy: "write for instance \(variable)=8000000000")
      }
      return bytes
    }
    let free = machine(read("/proc/meminfo") ?? "")
    let group = groupLimits(read("/proc/self/cgroup") ?? "").min()
    return [free, group].compactMap(\.self).min()
  }

  /// What the system could give without swapping, from the text of `/proc/meminfo`.
  static func machine(_ text: String) -> Int? {
    for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
      let words = line.split(separator: " ")
      return words.count >= 2 ? Int(words[1]).map { $0 * 1024 } : nil
    }
    return nil
  }

  /// What is left of the limits of the control group and of those around it (version 2 of the interface, and the memory
  /// group of version 1).
  private static func groupLimits(_ text: String) -> [Int] {
    var limits: [Int] = []
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let isSecond = fields[0] == "0" && fields[1].isEmpty
      guard isSecond || fields[1].split(separator: ",").contains("memory") else { continue }
      let root = isSecond ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory"
      let names = isSecond ? ("memory.max", "memory.current") : ("memory.limit_in_bytes", "memory.usage_in_bytes")
      var path = fields[2].split(separator: "/")
      while true {
        let folder = ([root] + path.map(String.init)).joined(separator: "/")
        if let left = rest(
          limit: read("\(folder)/\(names.0)"), used: read("\(folder)/\(names.1)"),
          statistics: read("\(folder)/memory.stat"))
        {
          limits.append(left)
        }
        guard !path.isEmpty else { break }
        path.removeLast()
      }
    }
    return limits
  }

  /// A limit less what is used; files that the system keeps for speed and would give up do not count as used. Nil where
  /// there is no limit.
  static func rest(limit: String?, used: String?, statistics: String?) -> Int? {
    func number(_ text: String?) -> Int? {
      text.flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }
    guard let limit = number(limit), limit < 1 << 60 else { return nil }
    var cached = 0
    for line in (statistics ?? "").split(separator: "\n") where line.hasPrefix("inactive_file ") {
      cached = number(line.split(separator: " ").last.map(String.init)) ?? 0
    }
    return max(0, limit - max(0, (number(used) ?? 0) - cached))
  }

  private static func read(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
}
