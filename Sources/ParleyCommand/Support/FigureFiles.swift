import Foundation
import ParleyAnalysis
import ParleyBase
import ParleyProgram
import ParleyStudy

/// Drawings of results as SVG files in a folder, one for each result that has a figure.
enum FigureFiles {
  /// Makes the folder, before anything is computed.
  ///
  /// - Throws: `usage/arguments` for a study none of whose results is drawn, and where the path is a file; `state/io` where it cannot be
  ///   written into.
  static func check(_ folder: String?, _ results: [Program.ResultTable]) throws(ParleyError) {
    guard let folder else { return }
    guard results.contains(where: { $0.figure != nil }) else {
      throw ParleyError(
        .usage, "--figures \(folder): no result of this study is drawn",
        remedy: "leave --figures out; analyses such as kaplan-meier have figures")
    }
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw ParleyError(
        .usage, "--figures \(folder) cannot be made a folder: \(error.localizedDescription)",
        remedy: "name a folder in which you may write")
    }
    try FileOutput.check(folder + "/figure.svg")
  }

  /// Paths and contents. Files have the names of results; what a file's name should not have is an underscore.
  static func drawings(_ sheets: [ReportSheet], in folder: String) -> [(path: String, svg: String)] {
    var taken = Set<String>()
    return sheets.compactMap { sheet in
      guard let svg = SVGFigures.svg(sheet) else { return nil }
      let safe = String(sheet.result.name.unicodeScalars.map { isSafe($0) ? Character($0) : "_" }.prefix(100))
      let stem = safe.hasPrefix(".") ? "_" + safe.dropFirst() : safe
      var name = stem
      var number = 2
      while !taken.insert(name.lowercased()).inserted {
        name = "\(stem)-\(number)"
        number += 1
      }
      return ("\(folder)/\(name).svg", svg)
    }
  }

  private static func isSafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "-": true
    default: false
    }
  }
}
