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
      // All are found before any is copied: a copy could get a number that is still to be looked at.
      let held = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").filter { entry in
        let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(entry)")
        return target?.hasSuffix("\(name)/lock") == true
      }
      try #require(held.count == 1)
      try withExtendedLifetime(lock) { copies = try held.map { dup(try #require(Int32($0))) } }
    }
    _ = try LocalFiles().lock(folder)
  }
}
