import ArgumentParser
import Foundation
import ParleyBase
import ParleyCrypto
import ParleyTransport

struct IdentityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "identity", abstract: "Make and show the key pair of a party.",
    subcommands: [Create.self, Show.self])

  struct Create: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a key pair and print its public key and fingerprint.",
      discussion:
        "The file is readable by its owner only. Put the public key into the study file; compare the fingerprint by telephone."
    )
    @Option(help: "The party's name in the study.") var name: String
    @Option(name: [.customLong("identity"), .customLong("directory")], help: "Folder of the identity files.")
    var directory: String?
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      let store = IdentityFiles.store(directory)
      let identity = try Identity.create(name: name)
      try store.save(identity)
      try IdentityFiles.show(identity.publicIdentity, name: name, path: store.path(of: name), json: json)
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the public key and fingerprint.")
    @Option(help: "The party's name.") var name: String
    @Option(name: [.customLong("identity"), .customLong("directory")], help: "Folder of the identity files.")
    var directory: String?
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      let store = IdentityFiles.store(directory)
      try IdentityFiles.show(
        try store.load(name: name).publicIdentity, name: name, path: store.path(of: name), json: json)
    }
  }
}

enum IdentityFiles {
  static func store(_ directory: String?) -> IdentityStore {
    directory.map { IdentityStore(directory: $0) } ?? .standard()
  }

  /// The folder of what `--identity` names: a folder, or an identity file in it.
  static func folder(_ path: String) -> String { isFile(path) ? FilePath.folder(path) : path }

  private static func isFile(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
  }

  /// The identity of a party, in the folder or file that `--identity` names.
  static func load(_ name: String, from path: String?) throws(ParleyError) -> Identity {
    if let path, isFile(path) { return try store(folder(path)).load(path: path) }
    return try store(path).load(name: name)
  }

  private struct Shown: Encodable {
    var name: String
    /// As study files call it.
    var key: String
    /// The same.
    var publicKey: String
    var fingerprint: String
    var linkKey: String
    var file: String
  }
  static func show(_ identity: PublicIdentity, name: String, path: String, json: Bool) throws {
    if json {
      try Console.output(
        json: Shown(
          name: name, key: identity.text, publicKey: identity.text, fingerprint: identity.fingerprint,
          linkKey: fingerprint(ofPublicKey: identity.signingKey), file: path))
    } else {
      try Console.output("name         \(name)")
      try Console.output("fingerprint  \(identity.fingerprint)")
      try Console.output("link key     \(fingerprint(ofPublicKey: identity.signingKey))")
      try Console.output("file         \(path)")
      try Console.output("key          \(identity.text)")
    }
  }
}
