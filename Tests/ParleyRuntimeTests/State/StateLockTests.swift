import Foundation
import Glibc
import ParleyBase
import ParleyRuntime
import Testing

@Suite struct StateLockTests {
  /// A process that is just being started from here has a copy of every descriptor: of a lock that was given back, that is none.
  @Test func aCopyOfTheDescriptorKeepsNoLock() throws {
    let name = "parley-lock-\(UUID().uuidString)"
    let folder = FileManager.default.temporaryDirectory.appending(path: name).path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var copies: [Int32] = []
    defer { for copy in copies { close(copy) } }
    do {
      let lock = try LocalFiles().lock(folder)
      let error = try #require(throws: ParleyError.self) { try LocalFiles().lock(folder) }
      #expect(error.code == .stateLocked, "\(error)")
      for entry in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
        let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(entry)")
        if let descriptor = Int32(entry), target?.hasSuffix("\(name)/lock") == true {
          copies.append(dup(descriptor))
        }
      }
      try withExtendedLifetime(lock) { try #require(copies.count == 1) }
    }
    _ = try LocalFiles().lock(folder)
  }
}
