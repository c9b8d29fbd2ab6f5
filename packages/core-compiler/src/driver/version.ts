/** Written into every object. The compiler reads no files, so a test keeps it equal to package.json. */
export const COMPILER_VERSION = '0.1.0';

/** The release of SystemTap whose language this is: what `systemtap_v` tells. */
export const SYSTEMTAP_VERSION = '5.6';
