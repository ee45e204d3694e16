declare module 'connect-flash'
declare module 'connect-ensure-login'
declare module 'passport'
declare module 'passport-local'
