import Foundation
import Parley
import ParleyBase
import ParleyCrypto
import ParleyProgram

/// Where `parley bench --calibrate` keeps what it measured.
enum CalibrationFile {
  static var path: String {
    HomeFolder.path + "/calibration.json"
  }
  static func load() -> Calibration {
    guard let data = FileManager.default.contents(atPath: path),
      let stored = try? JSONDecoder().decode(Calibration.self, from: data)
    else { return .typical }
    return stored
  }
  static func save(_ calibration: Calibration) throws {
    try FileManager.default.createDirectory(
      atPath: FilePath.folder(path), withIntermediateDirectories: true)
    try FileOutput.write(try Console.json(calibration), to: path)
  }
}
