import Foundation
import ParleyBase
import ParleyCrypto
import ParleyNetwork
import ParleyStudy
import ParleyTransport

/// A folder with ephemeral keys and loopback ports for all parties of a study, so that every role can run as a
/// process of its own on this machine. Removed when the trial ends.
final class Trial {
  struct Party: Codable {
    var key: String
    var port: Int?
  }
  struct File: Codable {
    var job: String
    var parties: [String: Party]
  }

  private let folder: TemporaryFolder
  var directory: String { folder.path }
  let study: Study

  /// Picks free ports by listening on port 0 and letting go again.
  init(_ study: Study) throws {
    folder = try TemporaryFolder()
    let store = IdentityStore(directory: folder.path + "/identities")
    var parties: [String: Party] = [:]
    var listeners: [MeshListener] = []
    for party in study.parties {
      let identity = try Identity.create(name: party.name)
      do { try store.save(identity) } catch {
        throw ParleyError(
          .cannotWrite,
          "the keys of this trial cannot be written to the folder for temporary files (\(error.message))",
          at: .init(file: FilePath.folder(folder.path)),
          remedy: "free space there or raise the limit of file sizes (ulimit -f), or set TMPDIR to another folder")
      }
      var port: Int?
      if study.computing.contains(party.name) {
        let listener = try MeshListener(endpoint: MeshEndpoint(host: "127.0.0.1", port: 0))
        listeners.append(listener)
        port = listener.port
      }
      parties[party.name] = Party(key: identity.publicIdentity.text, port: port)
    }
    listeners = []
    let file = File(job: hexadecimal(SecureRandom.bytes(16)), parties: parties)
    try folder.write(try Console.json(file), "trial.json")
    self.study = try Self.apply(file, to: study)
  }

  static func load(_ directory: String, _ study: Study) throws -> (study: Study, job: String) {
    guard let data = FileManager.default.contents(atPath: directory + "/trial.json"),
      let file = try? JSONDecoder().decode(File.self, from: data)
    else { throw ParleyError(.usage, "\(directory) holds no trial", remedy: "use parley run") }
    return (try apply(file, to: study), file.job)
  }

  private static func apply(_ file: File, to study: Study) throws -> Study {
    var keys: [String: PublicIdentity] = [:]
    for (name, party) in file.parties { keys[name] = try PublicIdentity(text: party.key) }
    var copy = study.withKeys(keys)
    for index in copy.parties.indices {
      let port = file.parties[copy.parties[index].name]?.port
      copy.parties[index].endpoint = port.map { .init(host: "127.0.0.1", port: $0) }
    }
    copy.requiresSignatures = false
    return copy
  }
}
