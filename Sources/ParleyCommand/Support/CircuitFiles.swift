import Foundation
import ParleyBase
import ParleyCircuits

/// Circuits and vectors on disk.
enum CircuitFiles {
  /// - Throws: `data/unreadable` where there is no such file, and what ``CircuitReader`` throws, with the file's name.
  static func read(_ path: String) throws -> (circuit: Circuit, format: CircuitReader.Format) {
    let bytes = try bytes(path)
    do {
      return try CircuitReader.read(bytes)
    } catch {
      var placed = error
      placed.place = .init(file: path, line: error.place?.line)
      throw placed
    }
  }

  private static func bytes(_ path: String) throws -> [UInt8] {
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw ParleyError(
        .init("data/unreadable"), "the file cannot be read", at: .init(file: path),
        remedy: "check its name and permissions")
    }
    defer { try? handle.close() }
    // One byte more than is read tells that there are too many, whatever the file is.
    let read = try? handle.read(upToCount: CircuitReader.mostBytes + 1)
    return Array(read ?? Data())
  }

  /// Known results of a circuit.
  struct Vectors: Decodable {
    /// Values as hexadecimal numbers.
    struct Vector: Decodable {
      var inputs: [String]
      var outputs: [String]
    }
    var vectors: [Vector]
    /// Of files of several circuits, by a path that the circuit's own path ends in.
    struct Collection: Decodable { var circuits: [String: Vectors] }

    static func read(_ path: String, for circuit: String) throws -> [Vector] {
      let data = Data(try CircuitFiles.bytes(path))
      let decoder = JSONDecoder()
      if let one = try? decoder.decode(Vectors.self, from: data), !one.vectors.isEmpty { return one.vectors }
      if let all = try? decoder.decode(Collection.self, from: data) {
        let full = "/" + circuit
        let names = all.circuits.keys.filter { full.hasSuffix("/" + $0) }
        if let name = names.max(by: { $0.count < $1.count }), let found = all.circuits[name] {
          return found.vectors
        }
      }
      throw ParleyError(
        .init("data/circuit-value"), "the file has no vectors for this circuit", at: .init(file: path),
        remedy:
          "give {\"vectors\": [{\"inputs\": [\"1f\"], \"outputs\": [\"3\"]}]}, or the same for each circuit under \"circuits\" by its path"
      )
    }
  }
}
