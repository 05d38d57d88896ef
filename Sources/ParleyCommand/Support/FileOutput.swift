import Foundation
import ParleyBase
import ParleyRuntime

/// Files that a command writes for its user.
enum FileOutput {
  /// Writes a whole file or nothing: a temporary file beside it is renamed over it. What is no regular file (a
  /// terminal, a pipe) is written straight.
  ///
  /// - Parameter isShared: whether other users may read it, such as a study; results are their owner's alone.
  static func write(
    _ text: String, to path: String, overwrite: Bool = true, isShared: Bool = false
  ) throws(ParleyError) {
    if !overwrite, FileManager.default.fileExists(atPath: path) {
      throw ParleyError(
        .init("usage/exists"), "\(path) exists already", remedy: "choose another name, or move it away")
    }
    guard let device = try openDevice(path) else {
      return try DurableFile.replace(
        path, with: Array(text.utf8), opening: isShared ? DurableFile.createShared : DurableFile.createNew)
    }
    defer { close(device) }
    try StandardStream(device, path).write(text)
  }

  /// Finds out before anything is computed that a file could not be written afterwards.
  static func check(_ path: String?) throws(ParleyError) {
    // A pipe's reader would take closing it for the end.
    guard let path, type(path) != .typeUnknown else { return }
    if let device = try openDevice(path) {
      close(device)
      return
    }
    let probe = path + ".\(getpid()).probe"
    let descriptor = DurableFile.createNew(probe)
    guard descriptor >= 0 else { throw DurableFile.failure("create", path) }
    close(descriptor)
    unlink(probe)
    removeStale(beside: path)
  }

  /// What a process left beside this file that ended while it wrote it.
  private static func removeStale(beside path: String) {
    let stem = FilePath.name(path) + "."
    let parent = FilePath.folder(path)
    for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? [] where name.hasPrefix(stem) {
      let parts = name.dropFirst(stem.count).split(separator: ".", omittingEmptySubsequences: false)
      guard parts.count == 2, parts[1] == "tmp" || parts[1] == "probe", let process = pid_t(parts[0]), process > 0,
        kill(process, 0) != 0, errno == ESRCH
      else { continue }
      unlink(parent + "/" + name)
    }
  }

  /// A descriptor for what exists and is no regular file; nil for everything that can be replaced.
  private static func openDevice(_ path: String) throws(ParleyError) -> Int32? {
    guard isDevice(path) else { return nil }
    while true {
      let descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK)
      if descriptor >= 0 { return descriptor }
      // A pipe that nobody reads yet.
      guard errno == ENXIO || errno == EINTR else { throw DurableFile.failure("open", path) }
      guard !EndSignal.happened else {
        throw ParleyError(.interrupted, "interrupted while nobody reads \(path)", remedy: "start its reader first")
      }
      usleep(50_000)
    }
  }

  static func isDevice(_ path: String) -> Bool { type(path).map { $0 != .typeRegular } ?? false }

  /// What there is at `path` (a pipe is of unknown type to Foundation); nil for nothing. Links are followed: /dev/stdout is
  /// one, and must not be replaced by a file.
  private static func type(_ path: String) -> FileAttributeType? {
    let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    return (try? FileManager.default.attributesOfItem(atPath: target))?[.type] as? FileAttributeType
  }
}

enum ReceiptFile {
  /// In the canonical spelling, which is the only one that counts when it is read again.
  static func write(_ receipt: Receipt, to path: String) throws(ParleyError) {
    try FileOutput.write(String(decoding: try receipt.fileBytes(), as: UTF8.self), to: path)
  }

  static func openingPath(_ receipt: String) -> String { receipt + ".opening" }

  static func write(_ opening: ReceiptOpening, besideReceipt path: String) throws(ParleyError) {
    guard !FileOutput.isDevice(path) else { return }
    try FileOutput.write(String(decoding: try opening.fileBytes(), as: UTF8.self), to: openingPath(path))
  }
}

/// Results and receipts of an earlier run that have the names of new ones: they get a number, and all of them the same.
enum EarlierOutputs {
  /// For the results and the receipt of one run; says what became of what was there.
  static func keep(out: String?, receipt: String?, _ log: Log) throws(ParleyError) {
    let outputs = [out, receipt, receipt.map(ReceiptFile.openingPath)].compactMap { $0 }
    for (old, new) in try keep(outputs) { log.info("kept the earlier \(old) as \(new)") }
  }

  /// Moves what is there; `results.csv` becomes `results.1.csv`.
  static func keep(_ paths: [String]) throws(ParleyError) -> [(old: String, new: String)] {
    let files = paths.filter { FileManager.default.fileExists(atPath: $0) && !FileOutput.isDevice($0) }
    guard !files.isEmpty else { return [] }
    var number = 1
    while paths.contains(where: { FileManager.default.fileExists(atPath: numbered($0, number)) }) { number += 1 }
    var moved: [(old: String, new: String)] = []
    for file in files {
      let target = numbered(file, number)
      guard rename(file, target) == 0 else { throw DurableFile.failure("rename", file) }
      moved.append((file, target))
    }
    return moved
  }

  static func numbered(_ path: String, _ number: Int) -> String {
    let name = FilePath.name(path)
    guard let dot = name.firstIndex(of: "."), dot != name.startIndex else { return path + ".\(number)" }
    let changed = "\(name[..<dot]).\(number)\(name[dot...])"
    return String(path.dropLast(name.count)) + changed
  }
}
