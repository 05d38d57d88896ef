import Foundation
import ParleyBase
import ParleyRuntime

/// Files that a command writes for its user.
enum FileOutput {
  /// Writes a whole file or nothing: a temporary file beside it is renamed over it. What is no regular file (a
  /// terminal, a pipe) is written straight.
  static func write(_ text: String, to path: String, overwrite: Bool = true) throws(ParleyError) {
    if !overwrite, FileManager.default.fileExists(atPath: path) {
      throw ParleyError(
        .init("usage/exists"), "\(path) exists already", remedy: "choose another name, or move it away")
    }
    guard let device = try openDevice(path) else { return try DurableFile.replace(path, with: Array(text.utf8)) }
    defer { close(device) }
    try DurableFile.writeAll(Array(text.utf8), to: device, path: path)
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
  }

  /// A descriptor for what exists and is no regular file; nil for everything that can be replaced.
  private static func openDevice(_ path: String) throws(ParleyError) -> Int32? {
    guard isDevice(path) else { return nil }
    let descriptor = open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw DurableFile.failure("open", path) }
    return descriptor
  }

  private static func isDevice(_ path: String) -> Bool { type(path).map { $0 != .typeRegular } ?? false }

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
}
