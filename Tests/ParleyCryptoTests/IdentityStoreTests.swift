import Foundation
import ParleyBase
import ParleyCrypto
import Testing

@Suite struct IdentityStoreTests {
  /// A folder that goes away after the test.
  private func withFolder(_ body: (String) throws -> Void) throws {
    let path = NSTemporaryDirectory() + "parley-identity-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  private func mode(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? -1
  }

  private func setMode(_ mode: Int, _ path: String) throws {
    try FileManager.default.setAttributes([.posixPermissions: NSNumber(value: mode)], ofItemAtPath: path)
  }

  @Test func roundTrip() throws {
    try withFolder { folder in
      let store = IdentityStore(directory: folder + "/identities")
      let identity = try Identity.create(name: "alice")
      try store.save(identity)
      #expect(try mode(store.path(of: "alice")) == 0o600)
      #expect(try mode(store.directory) == 0o700)
      let loaded = try store.load(name: "alice")
      #expect(loaded.name == "alice")
      #expect(loaded.publicIdentity == identity.publicIdentity)
      let message: [UInt8] = [1, 2, 3]
      #expect(
        try identity.publicIdentity.verify(loaded.sign(message, purpose: .study), of: message, purpose: .study))
      #expect(store.names() == ["alice"])
    }
  }

  @Test func neverOverwrites() throws {
    try withFolder { folder in
      let store = IdentityStore(directory: folder + "/identities")
      let first = try Identity.create(name: "alice")
      try store.save(first)
      let error = #expect(throws: ParleyError.self) { try store.save(Identity.create(name: "alice")) }
      #expect(error?.code == .identityExists)
      #expect(try store.load(name: "alice").publicIdentity == first.publicIdentity)
    }
  }

  @Test(arguments: [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644, 0o777])
  func refusesAFileOthersMayTouch(wide: Int) throws {
    try withFolder { folder in
      let store = IdentityStore(directory: folder + "/identities")
      try store.save(Identity.create(name: "alice"))
      let path = store.path(of: "alice")
      try setMode(wide, path)
      let error = #expect(throws: ParleyError.self) { try store.load(name: "alice") }
      #expect(error?.code == .identityPermissions)
      #expect(error?.remedy?.contains("chmod 600 '\(path)'") == true)
      #expect(error?.place?.file == path)
    }
  }

  @Test(arguments: [0o755, 0o710, 0o701, 0o770])
  func refusesAFolderOthersMayTouch(wide: Int) throws {
    try withFolder { folder in
      let store = IdentityStore(directory: folder + "/identities")
      try store.save(Identity.create(name: "alice"))
      try setMode(wide, store.directory)
      let error = #expect(throws: ParleyError.self) { try store.load(name: "alice") }
      #expect(error?.code == .identityPermissions)
      #expect(error?.remedy?.contains("chmod 700 '\(store.directory)'") == true)
      let saving = #expect(throws: ParleyError.self) { try store.save(Identity.create(name: "bob")) }
      #expect(saving?.code == .identityPermissions)
    }
  }

  /// A file gets its name when it is whole: what a process left that ended while it wrote hinders nobody, and goes.
  @Test func leftoversOfEndedProcesses() throws {
    try withFolder { folder in
      let store = IdentityStore(directory: folder + "/identities")
      try store.save(Identity.create(name: "bob"))
      // No process has the first number; the second one's is this one's parent, which runs.
      let leftover = store.path(of: "alice") + ".999999999.tmp"
      let others = store.path(of: "alice") + ".\(getppid()).tmp"
      for path in [leftover, others] { try Data("{".utf8).write(to: URL(fileURLWithPath: path)) }
      try store.save(Identity.create(name: "alice"))
      #expect(try store.load(name: "alice").name == "alice")
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: store.directory).sorted()
          == ["alice.identity", "alice.identity.\(getppid()).tmp", "bob.identity"])
      let again = #expect(throws: ParleyError.self) { try store.save(Identity.create(name: "alice")) }
      #expect(again?.code == .identityExists)
      try FileManager.default.createSymbolicLink(
        atPath: store.path(of: "link"), withDestinationPath: folder + "/nowhere")
      let link = #expect(throws: ParleyError.self) { try store.save(Identity.create(name: "link")) }
      #expect(link?.code == .identityExists && !FileManager.default.fileExists(atPath: folder + "/nowhere"))
    }
  }

  @Test func refusesLinksAndFolders() throws {
    try withFolder { folder in
      let store = IdentityStore(directory: folder + "/identities")
      try store.save(Identity.create(name: "alice"))
      try FileManager.default.createSymbolicLink(
        atPath: store.path(of: "link"), withDestinationPath: store.path(of: "alice"))
      #expect(throws: ParleyError.self) { try store.load(name: "link") }
      try FileManager.default.createDirectory(atPath: store.path(of: "folder"), withIntermediateDirectories: false)
      #expect(throws: ParleyError.self) { try store.load(name: "folder") }
    }
  }

  @Test func missingIdentityNamesTheOthers() throws {
    try withFolder { folder in
      let store = IdentityStore(directory: folder + "/identities")
      let none = #expect(throws: ParleyError.self) { try store.load(name: "alice") }
      #expect(none?.code == .identityMissing)
      #expect(none?.remedy?.contains("parley identity create") == true)
      try store.save(Identity.create(name: "bob"))
      let other = #expect(throws: ParleyError.self) { try store.load(name: "alice") }
      #expect(other?.remedy?.contains("bob") == true)
      let path = #expect(throws: ParleyError.self) { try store.load(name: "../alice") }
      #expect(path?.code == .identityName)
    }
  }

  @Test func refusesDamagedFiles() throws {
    try withFolder { folder in
      let store = IdentityStore(directory: folder + "/identities")
      try store.save(Identity.create(name: "alice"))
      try store.save(Identity.create(name: "bob"))
      let path = store.path(of: "alice")
      let good = try String(contentsOfFile: path, encoding: .utf8)
      let bob = try String(contentsOfFile: store.path(of: "bob"), encoding: .utf8)
      func field(_ name: String, _ text: String) throws -> String {
        let start = try #require(text.range(of: "\"\(name)\" : \""))
        let end = try #require(text[start.upperBound...].firstIndex(of: "\""))
        return String(text[start.upperBound..<end])
      }
      var damaged = [
        "", "{}", String(good.dropLast(20)),
        good.replacingOccurrences(of: "\"parley-identity\" : 1", with: "\"parley-identity\" : 2"),
      ]
      // Halves of another identity, and keys that are none.
      for name in ["public", "p256", "ml-dsa-65-seed"] {
        damaged.append(try good.replacingOccurrences(of: field(name, good), with: field(name, bob)))
        damaged.append(try good.replacingOccurrences(of: field(name, good), with: "AAAA"))
      }
      damaged.append(String(repeating: " ", count: 70_000) + good)
      for text in damaged {
        try FileManager.default.removeItem(atPath: path)
        _ = FileManager.default.createFile(
          atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: NSNumber(value: 0o600)])
        let error = #expect(throws: ParleyError.self) { try store.load(name: "alice") }
        #expect(error?.code == .identityMalformed)
        // Whatever is wrong with it, no key material shows in the message.
        #expect(try error?.description.contains(field("p256", good)) == false)
      }
    }
  }

  @Test func standardFolderFollowsTheEnvironment() {
    #expect(IdentityStore.standard(environment: ["PARLEY_HOME": "/x"]).directory == "/x/identities")
    #expect(IdentityStore.standard(environment: ["HOME": "/y"]).directory == "/y/.parley/identities")
    #expect(IdentityStore.standard(environment: ["HOME": "/"]).directory == "/.parley/identities")
    for environment in [[:], ["HOME": ""], ["HOME": "relative", "PARLEY_HOME": ""]] {
      #expect(
        IdentityStore.standard(environment: environment).directory == NSHomeDirectory() + "/.parley/identities")
    }
  }

  @Test func unwritableFolderIsATypedError() throws {
    try withFolder { folder in
      let blocker = folder + "/file"
      _ = FileManager.default.createFile(atPath: blocker, contents: Data())
      let store = IdentityStore(directory: blocker + "/identities")
      let error = #expect(throws: ParleyError.self) { try store.save(Identity.create(name: "alice")) }
      #expect(error?.code == .identityStorage)
    }
  }
}
