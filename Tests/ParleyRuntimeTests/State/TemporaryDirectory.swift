import Foundation
import ParleyBase
import ParleyCrypto

/// A directory of its own for one test, removed at the end.
final class TemporaryDirectory: Sendable {
  let path: String
  init() throws {
    path = NSTemporaryDirectory() + "/parley-test-" + hexadecimal(SecureRandom.bytes(8))
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  subscript(_ name: String) -> String { path + "/" + name }
  func names(in folder: String = "") -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path + "/" + folder)) ?? []).sorted()
  }
  func bytes(_ name: String) -> [UInt8] { FileManager.default.contents(atPath: self[name]).map(Array.init) ?? [] }
  func write(_ bytes: [UInt8], to name: String) {
    let handle = FileHandle(forWritingAtPath: self[name])
    if let handle {
      try? handle.truncate(atOffset: 0)
      try? handle.write(contentsOf: Data(bytes))
      try? handle.close()
    } else {
      _ = FileManager.default.createFile(
        atPath: self[name], contents: Data(bytes), attributes: [.posixPermissions: 0o600])
    }
  }
}
