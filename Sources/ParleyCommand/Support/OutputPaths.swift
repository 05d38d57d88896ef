import Foundation
import ParleyBase
import ParleyCrypto
import ParleyData
import ParleyStudy

/// What a command reads. Nothing that it writes may take the place of any of this, or of another output: a file of
/// results must not replace the rows it was computed from.
struct OutputPaths {
  var study: String?
  /// As `--data` names them: files and databases.
  var sources: [String] = []
  /// The folder of identities, or one of them, and the folder of the state, beside those in the home folder.
  var identity: String?
  var state: String?

  private struct Named {
    var what: String
    var path: String
    /// Of a folder that may hold other files as well: how names end that are Parley's.
    var ending = ""
  }

  /// Refuses outputs that are inputs, lie in a folder that belongs to Parley, or are the same file. To be called before
  /// anything is written or connected.
  func require(out: String?, receipt: String? = nil) throws(ParleyError) {
    var outputs: [(option: String, path: String)] = []
    if let out { outputs.append(("--out", out)) }
    if let receipt {
      outputs.append(("--receipt", receipt))
      if !FileOutput.isDevice(receipt) { outputs.append(("--receipt", ReceiptFile.openingPath(receipt))) }
    }
    // Pipes, terminals and the like keep nothing that could be lost.
    outputs.removeAll { FileOutput.isDevice($0.path) }
    let files = self.files
    let folders = self.folders
    for (index, output) in outputs.enumerated() {
      if let file = files.first(where: { Self.isSame($0.path, output.path) }) { throw refusal(output, file.what) }
      if let folder = folders.first(where: {
        output.path.hasSuffix($0.ending) && Self.contains($0.path, output.path)
      }) {
        throw refusal(output, "within \(folder.what)")
      }
      if let other = outputs[..<index].first(where: { Self.isSame($0.path, output.path) }) {
        throw refusal(output, "what \(other.option) writes")
      }
    }
  }

  private func refusal(_ output: (option: String, path: String), _ what: String) -> ParleyError {
    ParleyError(
      .usage, "\(output.option) would write \(output.path), which is \(what)",
      remedy: "choose another name for \(output.option)")
  }

  private var files: [Named] {
    var files = [Named(what: "the calibration of this machine", path: CalibrationFile.path)]
    if let study { files.append(Named(what: "the study", path: study)) }
    for text in sources {
      switch try? DataSource(text) {
      case .file(let path): files.append(Named(what: "a file of rows that is read", path: path))
      case .sqlite(let path, _):
        // The database and what SQLite keeps beside it.
        for end in ["", "-wal", "-shm", "-journal"] {
          files.append(Named(what: "of a database that is read", path: path + end))
        }
      case .postgreSQL, nil: break
      }
    }
    return files
  }

  private var folders: [Named] {
    var folders = [
      Named(what: "the folder of identities", path: IdentityStore.standard().directory),
      Named(what: "the folder of states", path: PartyCommand.stateRoot),
    ]
    if let study {
      folders.append(
        Named(what: "the folder of the study's signatures", path: SignatureFolder(ofStudy: study).directory))
    }
    // `--identity .` is the folder in which people work.
    if let identity {
      folders.append(
        Named(what: "the folder of identities", path: IdentityFiles.folder(identity), ending: ".identity"))
    }
    if let state { folders.append(Named(what: "the state folder", path: state)) }
    return folders
  }

  // MARK: Comparing

  private static func isSame(_ a: String, _ b: String) -> Bool {
    if resolved(a) == resolved(b) { return true }
    // Two names of one file: hard links, or a file system that takes upper and lower case for the same.
    guard let first = number(resolved(a)), let second = number(resolved(b)) else { return false }
    return first == second
  }

  /// Device and inode of what exists.
  private static func number(_ path: String) -> [UInt64]? {
    guard let found = try? FileManager.default.attributesOfItem(atPath: path),
      let device = found[.systemNumber] as? NSNumber, let inode = found[.systemFileNumber] as? NSNumber
    else { return nil }
    return [device.uint64Value, inode.uint64Value]
  }

  private static func contains(_ folder: String, _ path: String) -> Bool {
    let folder = resolved(folder)
    let path = resolved(path)
    return path == folder || path.hasPrefix(folder.hasSuffix("/") ? folder : folder + "/")
  }

  /// The path without links and dots; of something that does not exist yet, that of its folder and its name.
  private static func resolved(_ path: String) -> String {
    if let real = realpath(path, nil) {
      defer { free(real) }
      return String(cString: real)
    }
    let name = FilePath.name(path)
    let folder = FilePath.folder(path)
    // What always exists, and still cannot be resolved.
    guard !name.isEmpty, folder != path else { return path }
    let parent = resolved(folder)
    return (parent.hasSuffix("/") ? parent : parent + "/") + name
  }
}
