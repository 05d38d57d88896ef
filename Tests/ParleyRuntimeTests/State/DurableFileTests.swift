import Foundation
import Glibc
import ParleyBase
import ParleyRuntime
import Testing

@Suite struct DurableFileTests {
  @Test func replacesWhole() throws {
    let directory = try TemporaryDirectory()
    try DurableFile.replace(directory["a"], with: [1, 2, 3])
    try DurableFile.replace(directory["a"], with: [4])
    #expect(try DurableFile.read(directory["a"], atMost: 10) == [4])
    #expect(directory.names() == ["a"])
    let mode = try FileManager.default.attributesOfItem(atPath: directory["a"])[.posixPermissions] as? Int
    #expect(mode == 0o600)
    #expect(try DurableFile.read(directory["none"], atMost: 10) == nil)
    #expect(throws: ParleyError.self) { try DurableFile.read(directory["a"], atMost: 0) }
  }

  /// /dev/full answers every write with "no space left".
  @Test func fullDiskChangesNothing() throws {
    let directory = try TemporaryDirectory()
    try DurableFile.replace(directory["a"], with: [1, 2, 3])
    let error = #expect(throws: ParleyError.self) {
      try DurableFile.replace(directory["a"], with: [9, 9]) { _ in open("/dev/full", O_WRONLY | O_CLOEXEC) }
    }
    #expect(error?.code == .diskFull)
    #expect(error?.place?.file == directory["a"])
    #expect(error?.remedy != nil)
    #expect(error?.exitCode == 9)
    #expect(try DurableFile.read(directory["a"], atMost: 10) == [1, 2, 3])
    #expect(directory.names() == ["a"])
    let appended = #expect(throws: ParleyError.self) {
      try DurableFile.append([9], to: directory["a"]) { _ in open("/dev/full", O_WRONLY | O_CLOEXEC) }
    }
    #expect(appended?.code == .diskFull)
  }

  @Test func fullDiskInTheMiddleOfAnAppendIsTakenBack() throws {
    let directory = try TemporaryDirectory()
    try DurableFile.append(Array("first\n".utf8), to: directory["log"])
    // A descriptor that is open for reading only fails at the write, after the file was found.
    let error = #expect(throws: ParleyError.self) {
      try DurableFile.append(Array("second\n".utf8), to: directory["log"]) { open($0, O_RDONLY | O_CLOEXEC) }
    }
    #expect(error?.code == .stateIO)
    #expect(directory.bytes("log") == Array("first\n".utf8))
  }

  @Test func linksAreNotFollowed() throws {
    let directory = try TemporaryDirectory()
    try DurableFile.replace(directory["target"], with: [1])
    symlink(directory["target"], directory["link"])
    #expect(throws: ParleyError.self) { try DurableFile.read(directory["link"], atMost: 10) }
    #expect(throws: ParleyError.self) { try DurableFile.append([2], to: directory["link"]) }
    #expect(directory.bytes("target") == [1])
  }

  @Test func missingDirectoryIsToldWithThePath() {
    let error = #expect(throws: ParleyError.self) { try DurableFile.replace("/nonexistent/a", with: [1]) }
    #expect(error?.code == .stateIO)
    #expect(error?.place?.file?.hasPrefix("/nonexistent/") == true)
  }
}
